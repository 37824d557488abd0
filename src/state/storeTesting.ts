import { afterEach, beforeEach, vi } from "vitest";

import type { Engine, EngineInfo, LoadProgress, OnReading, ReadRequest } from "../engine/protocol";
import type { Reading } from "../lens/reading";
import { everyStatistic } from "../lens/testing";
import { createReadingStore, type ReadingStoreOptions } from "./readingStore";

export const info: EngineInfo = {
  model: { name: "tiny", family: "llama", nLayers: 1, dModel: 4, vocab: 8, sha256: "ab" },
  contextLength: 64,
  lenses: [{ kind: "tuned", name: "closed form", sha256: "cd" }],
  backend: "wasm",
  threads: 2,
  adapter: null,
  notice: null,
  versions: {},
};

/** A reading with one layer and a position a character, or an id; `done` of its two rows are there. */
export function readingOf({ prompt, lens, topK: k = 1 }: ReadRequest, done = 2): Reading {
  const tokens =
    typeof prompt === "string"
      ? Array.from(prompt, (text) => ({ id: text.codePointAt(0)!, text }))
      : prompt.map((id) => ({ id, text: String(id) }));
  const all = 2 * tokens.length;
  const values = (size = all) =>
    Float32Array.from({ length: size }, (_, i) => (i < size / 2 && done < 2 ? Number.NaN : 0));
  return {
    backend: "wasm",
    model: info.model,
    lens: { kind: lens === "logit" ? "logit" : "tuned", name: lens, sha256: null },
    prompt: typeof prompt === "string" ? prompt : null,
    tokens,
    targets: tokens.map((_, i) => tokens[i + 1]?.id ?? null),
    rows: [0, "output"],
    statistics: everyStatistic(values),
    topK: {
      k,
      ids: new Int32Array(all * k).fill(1),
      logProbs: values(all * k),
      finalLogProbs: values(all * k),
    },
    texts: new Map([[1, "a"]]),
    progress: { done: done * tokens.length, all },
  };
}

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

export const aborted = () => new DOMException("aborted", "AbortError");

/** An engine whose loads and reads end when the test says so. */
export function fakeEngine() {
  const loads: {
    report: (progress: LoadProgress) => void;
    resolve: () => void;
    reject: (error: unknown) => void;
  }[] = [];
  const reads: {
    request: ReadRequest;
    /** The reading, whole or not, as the engine would give it. */
    reading: (done?: number) => Reading;
    partial: OnReading;
    resolve: () => void;
    reject: (error: unknown) => void;
  }[] = [];
  let isLoaded = false;
  const cancel = vi.fn(async () => {
    loads.at(-1)?.reject(aborted());
    reads.at(-1)?.reject(aborted());
  });
  const engine: Engine = {
    load: (_, report) =>
      new Promise((resolve, reject) => {
        if (isLoaded) return resolve(info);
        const done = () => {
          isLoaded = true;
          resolve(info);
        };
        loads.push({ report, resolve: done, reject });
      }),
    read: (request, partial) =>
      new Promise((resolve, reject) => {
        reads.at(-1)?.reject(aborted());
        const reading = (done?: number) => readingOf(request, done);
        reads.push({ request, reading, partial, resolve: () => resolve(reading()), reject });
      }),
    tokenize: async () => [1],
    cancel,
    isAtHand: async () => true,
  };
  /** As when the GPU is reset. */
  const lose = () => {
    isLoaded = false;
  };
  return { loads, reads, cancel, lose, engine };
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
  const { engine, loads, reads, cancel, lose } = fakeEngine();
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
  /** What the engine was asked to read, since `ready`. */
  const asked = () => reads.map(({ request }) => `${request.prompt}, ${request.lens}`);
  return { state, loads, reads, cancel, lose, press, ready, readAlone, asked };
}
