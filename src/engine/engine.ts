import { bundledSha256, isBundledAtHand } from "../model/source/bundled";
import { fetchLens } from "./fetchLens";
import { inspectFiles } from "./inspectFiles";
import { createLensShelf } from "./lensShelf";
import { type Loaded, loadBundled, loadFiles } from "./loaded";
import { openLens } from "./openLens";
import type { BackendChoice, Engine, LoadProgress } from "./protocol";
import { saveLens } from "./saveLens";
import { openSession, type Session } from "./session";
import { openBrowserStore } from "./training/runStore";
import { createTrainingEngine } from "./training/trainingEngine";
import { browserLock } from "./training/trainingLock";

const aborted = (what: string) => new DOMException(what, "AbortError");

const replaced = () => aborted("Another model was opened.");

/** A session that is there, or on its way. */
type Opening = {
  readonly promise: Promise<Session>;
  readonly controller: AbortController;
  /** Once it is there. */
  session: Session | null;
};

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
    const opening: Opening = { promise, controller, session: null };
    promise.then(
      (opened) => {
        opening.session = opened;
      },
      () => {}, // whoever waits for it is told
    );
    return opening;
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
  const { setAside, ...training } = createTrainingEngine({
    session,
    modelSha256: async () => (await current?.promise)?.model.info.sha256 ?? bundledSha256,
    openStore: openBrowserStore,
    lock: browserLock,
  });

  /** Ends all that runs on the current session, also what begins meanwhile. */
  async function endCurrent(): Promise<void> {
    for (;;) {
      current?.controller.abort(replaced()); // a load that is under way, which others wait for
      await setAside();
      if (!reading) return;
      reading.controller.abort(replaced());
      await reading.done.catch(() => {});
    }
  }

  /**
   * Puts the next session in the place of the current one, on which nothing runs. The lenses that were
   * open for its model are open again.
   */
  function replace(opening: Opening, opened: Session): void {
    const before = current;
    current = opening;
    const old = before?.session;
    const { sha256 } = opened.model.info;
    if (old?.model.info.sha256 === sha256) opened.lenses.bring(old.lenses.all());
    else {
      opened.lenses.bring(shelf.take(sha256));
      if (old) shelf.put(old.model.info.sha256, old.lenses.all());
    }
    before?.promise.then(
      (session) => session.dispose(),
      () => {}, // it was still loading
    );
  }

  return {
    ...training,
    async load(wanted, onProgress) {
      return (await load(wanted, onProgress)).info();
    },
    async read(request, onReading) {
      const before = reading;
      before?.controller.abort(aborted("A newer prompt is being read."));
      const controller = new AbortController();
      const { signal } = controller;
      const mine = { controller, done: readAfter(before) };
      reading = mine;
      return mine.done;

      async function readAfter(overtaken: typeof before) {
        try {
          await overtaken?.done.catch(() => {});
          const opened = await session();
          signal.throwIfAborted();
          return await opened.read(request, onReading, signal);
        } finally {
          if (reading === mine) reading = null;
        }
      }
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
        if (next === opening) await endCurrent();
        if (next !== opening) {
          opened.dispose();
          throw aborted("Another model is being opened.");
        }
        replace(opening, opened);
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
