import { createStore } from "zustand/vanilla";

import { drawnCell, hasCell, haveSameCells, isWhole, openingCell } from "../lens/cells";
import type { Reading } from "../lens/reading";
import { type Cell, defaultView, type View } from "../lens/view";

export type ViewState = {
  readonly view: View;
  /** The cell that is pointed at; null where nothing has been read. */
  readonly here: Cell | null;
  /** While pinned, the pointer does not change `here`. */
  readonly isPinned: boolean;
  /** What of the address could not be used, in a sentence. */
  readonly notice: string | null;
  /** What was just done, in a sentence. */
  readonly said: string | null;

  look(view: Partial<View>): void;
  point(cell: Cell): void;
  pin(isPinned: boolean): void;
  /** Points where a reading opens, unless a cell of it was chosen before. */
  follow(reading: Reading): void;
  /** Pins the cell that a link names, which waits for a reading that has it; null lets go. */
  link(pin: Cell | null): void;
  note(notice: string | null): void;
  say(said: string | null): void;
};

export type ViewStoreOptions = {
  readonly view?: View;
  readonly pin?: Cell | null;
  readonly notice?: string | null;
};

export function createViewStore(options: ViewStoreOptions = {}) {
  const { view = defaultView, pin = null, notice = null } = options;
  /** The reading that `here` was last set for, and whether a visitor chose it. */
  let followed: Reading | null = null;
  let isChosen = pin !== null;
  /** The cell that a link names, until a reading has it or has not. */
  let linked = pin;

  return createStore<ViewState>()((set, get) => ({
    view,
    here: pin,
    isPinned: pin !== null,
    notice,
    said: null,

    look(changes) {
      const view = { ...get().view, ...changes };
      const { here } = get();
      set({ view, here: here && followed ? drawnCell(followed, here, view.stride) : here });
    },
    point(here) {
      isChosen = true;
      set({ here });
    },
    pin(isPinned) {
      if (isPinned) isChosen = true;
      else linked = null;
      set({ isPinned: isPinned && get().here !== null });
    },
    follow(reading) {
      const { here, isPinned, view } = get();
      const isOther = !followed || !haveSameCells(followed, reading);
      followed = reading;
      const isKept =
        here !== null && hasCell(reading, here) && (isPinned || (isChosen && !isOther));
      if (here && isPinned && !isKept && !isWhole(reading)) return; // the cell may still come
      if (linked && isWhole(reading)) {
        if (!isKept) set({ notice: "The cell that this link names is not in its reading." });
        linked = null;
      }
      isChosen = isKept;
      const cell = isKept
        ? drawnCell(reading, here, view.stride)
        : openingCell(reading, view.stride);
      const isThere = here?.row === cell.row && here.position === cell.position;
      set({ here: isThere ? here : cell, isPinned: isKept && isPinned });
    },
    link(pin) {
      linked = pin;
      if (pin) isChosen = true;
      set(pin ? { here: pin, isPinned: true } : { isPinned: false });
    },
    note: (notice) => set({ notice }),
    say: (said) => set({ said }),
  }));
}

export type ViewStore = ReturnType<typeof createViewStore>;
