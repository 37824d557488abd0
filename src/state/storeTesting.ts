import { afterEach, beforeEach, vi } from "vitest";

import type { ReadRequest } from "../engine/protocol";
import type { Reading } from "../lens/reading";
import { fakeEngine, info, readingOf } from "./engineTesting";
import { createReadingStore, type ReadingStoreOptions } from "./readingStore";

/** What a file holds of a prompt, one a lens. */
export const recorded = (prompt: string, ...lenses: ("tuned" | "logit")[]): Reading[] =>
  lenses.map((lens) => ({ ...readingOf({ prompt, lens }), backend: "recorded" }));

/** A promise that the test settles when it says so. */
export function later<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
}

/** A file's timers wait until its tests let time pass. */
export function holdTime() {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
}

/** Lets time pass, and every promise that is settled then be heard. */
export const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
export const tick = () => pass(0);
/** From the last key to its read. */
export const typingMs = 15;
/** From a typed reading to the logit lens's. */
export const pauseMs = 400;

export type Page = ReturnType<typeof setup>;

export function setup(options: Partial<ReadingStoreOptions> = {}) {
  const fake = fakeEngine();
  const { engine, loads, reads } = fake;
  const store = createReadingStore(engine, {
    prompt: "example",
    backend: "auto",
    schedule: (callback) => callback(),
    ...options,
  });
  const state = () => store.getState();
  /** Presses Read and gives the engine its turn. */
  const press = async (request?: Partial<ReadRequest>) => {
    const reading = state().read(request);
    reading.catch(() => {});
    await tick();
    return { reading };
  };
  /** A store that has read its example with the tuned lens, before the logit lens's turn has come. */
  const readAlone = async () => {
    await press();
    loads[0].resolve();
    await tick();
    reads[0].resolve();
    for (let i = 0; i < 20; ++i) await Promise.resolve();
  };
  /** A store that has read its example with both lenses; what it asked for is forgotten. */
  const ready = async () => {
    await readAlone();
    await tick();
    reads[1].resolve();
    await tick();
    reads.length = 0;
  };
  /** What the engine was asked to read, since `ready`; the page's own lens is called by its kind. */
  const asked = () =>
    reads.map(({ request: { prompt, lens } }) => {
      const isOwn = info.lenses.some(({ name }) => name === lens);
      return `${prompt}, ${isOwn ? "tuned" : lens}`;
    });
  /** Begins to take another model in place of the one in use. */
  const replace = () => {
    const done = state().replaceModel((report) => engine.openModel(null, "auto", report));
    done.catch(() => {});
    return done;
  };
  return { ...fake, store, state, press, ready, readAlone, asked, replace };
}
