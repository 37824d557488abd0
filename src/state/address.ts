import { defaultView } from "../lens/view";
import { exampleOf, examples, fetchRecorded } from "./examples";
import { type Decoded, decodeLink, encodeLink, type Link, type LinkDefaults } from "./link";
import { isSamePrompt } from "./linkPrompt";
import type { LensKind } from "./readingState";
import { type ReadingStore, shownOnPage } from "./readingStore";
import type { ViewStore } from "./viewStore";

/** What the page shows where its address says nothing. */
export const defaults: LinkDefaults = { ...defaultView, prompt: examples[0].prompt, lens: "tuned" };

/** Safari refuses an address that changes more than a hundred times in half a minute. */
const writeMs = 400;

/** The page's address: it says what is on screen, and shows what it says. */
export type Address = {
  /** Says it now, and returns the whole address. */
  write(): string;
  /** Shows what was recorded of the prompt that the page opens with. */
  start(): Promise<void>;
  /** The hash that shows a prompt as the page looks now. */
  hashOf(prompt: Link["prompt"]): string;
  /** Shows a prompt as the page looks now. */
  open(prompt: Link["prompt"]): Promise<void>;
};

/** What an address shows, and a sentence about what of it cannot be shown. */
export function linkFrom(hash: string): Decoded {
  const decoded = decodeLink(hash, defaults);
  if (decoded.link.lens !== "jacobian") return decoded;
  const { lens } = defaults;
  return {
    ...decoded,
    link: { ...decoded.link, lens },
    notice: `This link is of a Jacobian lens, which this page does not open: the ${lens} lens is shown.`,
  };
}

/** What is on screen, as far as a link says it. */
export function linkOf(reading: ReadingStore, view: ViewStore): Link {
  const { prompt, ids, lens } = reading.getState();
  const { view: looks, here, isPinned } = view.getState();
  return { ...looks, prompt: ids ?? prompt, lens, pin: isPinned ? here : null };
}

/**
 * Keeps the address and the stores the same, both ways.
 *
 * A link shows a recorded reading where there is one; it is read anew where the model is loaded, and
 * never loads a model by itself.
 */
export function createAddress(reading: ReadingStore, view: ViewStore): Address {
  let timer: ReturnType<typeof setTimeout> | undefined;

  function write(): string {
    clearTimeout(timer);
    timer = undefined;
    const next = encodeLink(linkOf(reading, view), defaults);
    const address = location.href.replace(/#.*$/s, "") + next;
    if (address !== location.href) history.replaceState(history.state, "", address);
    return address;
  }
  const writeSoon = () => {
    timer ??= setTimeout(write, writeMs);
  };
  reading.subscribe(({ prompt, ids, lens }, before) => {
    if (prompt !== before.prompt || ids !== before.ids || lens !== before.lens) writeSoon();
  });
  view.subscribe(({ view: looks, here, isPinned }, before) => {
    const isPinOther = isPinned !== before.isPinned || (isPinned && here !== before.here);
    if (looks !== before.view || isPinOther) writeSoon();
  });

  /** Shows what was recorded of a prompt; false where nothing was, or it was overtaken. */
  async function bringRecorded(prompt: Link["prompt"]): Promise<boolean> {
    const example = typeof prompt === "string" ? exampleOf(prompt) : null;
    if (!example) return false;
    return reading.getState().bring(fetchRecorded(example), { kind: "recorded" });
  }

  async function open(prompt: Link["prompt"], lens: LensKind): Promise<void> {
    reading.getState().place(prompt);
    const isShown = await bringRecorded(prompt);
    const { info, progress, read, choose } = reading.getState();
    if (!isSamePrompt(linkOf(reading, view).prompt, prompt)) return; // the visitor has gone on
    if (info && progress.status !== "loading") await shownOnPage(read({ lens }));
    else if (isShown) await shownOnPage(choose(lens));
    else if (!reading.getState().reading) reading.setState({ lens });
  }

  globalThis.addEventListener?.("hashchange", () => {
    if (document.getElementById(location.hash.slice(1))) {
      write(); // a jump within the page
      return;
    }
    const { link, notice, isUsed } = linkFrom(location.hash);
    view.getState().note(notice);
    if (!isUsed) {
      write(); // what is on screen stays, and the address says it again
      return;
    }
    const { prompt, lens, pin, statistic, unit, stride } = link;
    view.getState().look({ statistic, unit, stride });
    view.getState().link(pin);
    void open(prompt, lens);
  });

  return {
    write,
    async start() {
      await bringRecorded(linkOf(reading, view).prompt);
    },
    hashOf: (prompt) =>
      encodeLink({ ...linkOf(reading, view), prompt, pin: null }, defaults) || "#",
    open(prompt) {
      view.getState().link(null);
      view.getState().note(null);
      return open(prompt, reading.getState().lens);
    },
  };
}
