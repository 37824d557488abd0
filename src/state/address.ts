import { LensError } from "../errors";
import type { Reading } from "../lens/reading";
import { type Cell, defaultView } from "../lens/view";
import { exampleOf, examples, fetchRecorded } from "./examples";
import { decodeLink, encodeLink, type Link, type LinkDefaults } from "./link";
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

  async function show(link: Link): Promise<void> {
    const { prompt, lens, pin, statistic, unit, stride } = link;
    view.getState().open({ statistic, unit, stride }, pin);
    reading.setState({ lens });
    await openPrompt(prompt);
  }

  async function recordedOf(prompt: Link["prompt"]): Promise<readonly Reading[] | null> {
    const example = typeof prompt === "string" ? exampleOf(prompt) : null;
    try {
      return example && (await fetchRecorded(example));
    } catch (error) {
      if (!(error instanceof LensError)) throw error;
      reading.getState().refuse(error);
      return null;
    }
  }

  async function openPrompt(prompt: Link["prompt"]): Promise<void> {
    if (typeof prompt === "string") reading.setState({ prompt, ids: null });
    else reading.setState({ ids: prompt });
    const recorded = await recordedOf(prompt);
    if (recorded) reading.getState().show(recorded, { kind: "recorded" });
    const { info, progress, read } = reading.getState();
    if (info && progress.status !== "loading") await shownOnPage(read());
  }

  globalThis.addEventListener?.("hashchange", () => {
    if (document.getElementById(location.hash.slice(1))) {
      write(); // a jump within the page
      return;
    }
    const { link, notice } = decodeLink(location.hash, defaults);
    view.getState().note(notice);
    void show(link);
  });

  return {
    write,
    async start() {
      const recorded = await recordedOf(linkOf(reading, view).prompt);
      if (recorded) reading.getState().showFirst(recorded);
    },
    hashOf: (prompt) => {
      const link: Link = { ...linkOf(reading, view), prompt, pin: null as Cell | null };
      return encodeLink(link, defaults) || "#";
    },
    open(prompt) {
      view.getState().pin(false);
      return openPrompt(prompt);
    },
  };
}
