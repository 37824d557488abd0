import type { EngineInfo } from "../engine/protocol";

/** Loads of a model, one at a time; one that was cancelled has ended before the next begins. */
export function createLoads() {
  let current: { readonly done: Promise<EngineInfo>; readonly stop: AbortController } | null = null;
  let ended: Promise<unknown> = Promise.resolve();
  return {
    /** The load that is under way; null where none is. */
    get done() {
      return current?.done ?? null;
    },
    /** Settles when what was cancelled has ended. */
    get ended() {
      return ended;
    },
    /** @param begin is given what tells it that it was cancelled before the engine heard of it */
    start(begin: (signal: AbortSignal) => Promise<EngineInfo>) {
      const stop = new AbortController();
      const done = begin(stop.signal).finally(() => {
        if (current?.stop === stop) current = null;
      });
      current = { done, stop };
      return { done, signal: stop.signal };
    },
    /** @param cancelled settles when the engine has been told */
    cancel(cancelled: Promise<unknown>): void {
      current?.stop.abort();
      ended = Promise.allSettled([cancelled, current?.done]);
      current = null;
    },
  };
}
