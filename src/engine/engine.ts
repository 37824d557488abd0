import { isBundledAtHand } from "../model/source/bundled";
import { fetchLens } from "./fetchLens";
import { inspectFiles } from "./inspectFiles";
import { createLensShelf } from "./lensShelf";
import { type Loaded, loadBundled, loadFiles } from "./loaded";
import { openLens } from "./openLens";
import type { BackendChoice, Engine, LoadProgress } from "./protocol";
import { saveLens } from "./saveLens";
import { openSession, type Session } from "./session";

const aborted = (what: string) => new DOMException(what, "AbortError");

/** A session that is there, or on its way. */
type Opening = { readonly promise: Promise<Session>; readonly controller: AbortController };

/** The engine as the worker offers it: one model, one prompt at a time. */
export function createEngine(): Engine {
  let choice: BackendChoice = "auto";
  let current: Opening | null = null;
  /** The model that is to take its place, while it is opened. */
  let next: Opening | null = null;
  let reading: { done: Promise<unknown>; controller: AbortController } | null = null;
  let fetching: AbortController | null = null;
  const shelf = createLensShelf();

  function open(load: (signal: AbortSignal) => Promise<Loaded>): Opening {
    const controller = new AbortController();
    const { signal } = controller;
    const promise = load(signal).then((loaded) => openSession(loaded, choice, signal));
    return { promise, controller };
  }

  function load(wanted: BackendChoice, onProgress: (progress: LoadProgress) => void) {
    if (!current) {
      choice = wanted;
      const opening = open((signal) => loadBundled(onProgress, signal));
      current = opening;
      opening.promise.catch(() => {
        if (current === opening) current = null; // so that the next one tries again
      });
    }
    return current.promise;
  }
  const session = () => load(choice, () => {});

  /**
   * Puts the next session in the place of the current one, which ends. The lenses that were open for
   * its model are open again.
   */
  async function replace(opening: Opening, opened: Session): Promise<void> {
    reading?.controller.abort(aborted("Another model was opened."));
    await reading?.done.catch(() => {});
    const before = current;
    current = opening;
    before?.controller.abort(aborted("Another model was opened."));
    const old = await before?.promise.catch(() => null);
    const { sha256 } = opened.model.info;
    if (old?.model.info.sha256 === sha256) opened.lenses.bring(old.lenses.all());
    else {
      opened.lenses.bring(shelf.take(sha256));
      if (old) shelf.put(old.model.info.sha256, old.lenses.all());
    }
    old?.dispose();
  }

  return {
    async load(wanted, onProgress) {
      return (await load(wanted, onProgress)).info();
    },
    async read(request, onReading) {
      const before = reading;
      before?.controller.abort(aborted("A newer prompt is being read."));
      const controller = new AbortController();
      const { signal } = controller;
      const done = (async () => {
        await before?.done.catch(() => {});
        const opened = await session();
        signal.throwIfAborted();
        return opened.read(request, onReading, signal);
      })();
      reading = { done, controller };
      return done;
    },
    async tokenize(text) {
      return (await session()).model.tokenizer.encode(text);
    },
    inspect: inspectFiles,
    async openModel(model, wanted, onProgress) {
      next?.controller.abort(aborted("Another model is being opened."));
      choice = wanted;
      const opening = open((signal) =>
        model ? loadFiles(model, onProgress, signal) : loadBundled(onProgress, signal),
      );
      next = opening;
      try {
        const opened = await opening.promise;
        if (next !== opening) {
          opened.dispose();
          throw aborted("Another model is being opened.");
        }
        await replace(opening, opened);
        return opened.info();
      } finally {
        if (next === opening) next = null;
      }
    },
    async openLens(lens, sha256, url) {
      const opened = await session();
      const name = await openLens(lens, opened.model, opened.lenses, { sha256, url });
      if ((await session()) !== opened) throw aborted("Another model was opened.");
      return name;
    },
    async fetchLens(lens, onProgress) {
      fetching?.abort(aborted("Another lens is being fetched."));
      fetching = new AbortController();
      return fetchLens(lens, onProgress, fetching.signal);
    },
    async cancelFetch() {
      fetching?.abort(aborted("The fetch was cancelled."));
    },
    async closeLens(name) {
      (await session()).closeLens(name);
    },
    async saveLens(name, format, app) {
      const { model, lenses } = await session();
      return saveLens(lenses.named(name), model, format, app);
    },
    async info() {
      return (await session()).info();
    },
    async cancel() {
      reading?.controller.abort(aborted("The reading was cancelled."));
      next?.controller.abort(aborted("Opening the model was cancelled."));
      const before = current;
      // What is loaded stays: only a load that is under way ends here.
      before?.controller.abort(aborted("Loading was cancelled."));
    },
    isAtHand: () => isBundledAtHand(),
  };
}
