import type { FilesState } from "./filesState";
import type { ReadingState } from "./readingState";
import type { TrainingState } from "./trainingState";

type Store<State> = {
  getState(): State;
  subscribe(listener: () => void): unknown;
};

/**
 * Lets the browser ask before the page is left with a lens that was trained here and is nowhere else: what
 * was kept of its training while it ran is gone once it has ended.
 */
export function keepUnsavedLens(
  page: Pick<EventTarget, "addEventListener" | "removeEventListener">,
  reading: Store<Pick<ReadingState, "info">>,
  training: Store<Pick<TrainingState, "lens" | "receipt">>,
  files: Store<Pick<FilesState, "saved">>,
): void {
  const ask = (event: Event) => event.preventDefault();

  function look(): void {
    const { lens, receipt } = training.getState();
    const open = reading.getState().info?.lenses.find(({ name }) => name === lens);
    const isUnsaved = receipt !== null && open && !files.getState().saved.includes(open.sha256);
    // Only while there is something to lose: with a listener, a browser keeps no page to go back to.
    if (isUnsaved) page.addEventListener("beforeunload", ask);
    else page.removeEventListener("beforeunload", ask);
  }

  for (const store of [reading, training, files]) store.subscribe(look);
}
