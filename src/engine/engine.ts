import { isBundledAtHand } from "../model/source/bundled";
import type { BackendChoice, Engine, LoadProgress } from "./protocol";
import { openSession, type Session } from "./session";

const aborted = (what: string) => new DOMException(what, "AbortError");

/** The engine as the worker offers it: one model, one prompt at a time. */
export function createEngine(): Engine {
  let choice: BackendChoice = "auto";
  let loading: { promise: Promise<Session>; controller: AbortController } | null = null;
  let reading: { done: Promise<unknown>; controller: AbortController } | null = null;

  function load(wanted: BackendChoice, onProgress: (progress: LoadProgress) => void) {
    if (!loading) {
      choice = wanted;
      const controller = new AbortController();
      const promise = openSession(choice, onProgress, controller.signal);
      loading = { promise, controller };
      promise.catch(() => {
        loading = null; // so that the next one tries again
      });
    }
    return loading.promise;
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
        const session = await load(choice, () => {});
        signal.throwIfAborted();
        return session.read(request, onReading, signal);
      })();
      reading = { done, controller };
      return done;
    },
    async tokenize(text) {
      const { loaded } = await load(choice, () => {});
      return loaded.model.tokenizer.encode(text);
    },
    async cancel() {
      reading?.controller.abort(aborted("The reading was cancelled."));
      loading?.controller.abort(aborted("Loading was cancelled."));
    },
    isAtHand: () => isBundledAtHand(),
  };
}
