import { expect, test } from "vitest";

import type { EngineInfo, LoadProgress, OnReading, ReadRequest } from "../engine/protocol";
import { DownloadError, PromptError } from "../errors";
import type { Reading } from "../lens/reading";
import { createReadingStore, shownOnPage } from "./readingStore";

const info: EngineInfo = {
  model: { name: "tiny", family: "llama", nLayers: 1, dModel: 4, vocab: 8, sha256: "ab" },
  contextLength: 64,
  lenses: [{ kind: "tuned", name: "closed form", sha256: "cd" }],
  backend: "wasm",
  threads: 2,
  adapter: null,
  notice: null,
  versions: {},
};

/** A reading of one position with one layer; `done` of its two rows are there. */
function readingOf({ prompt, lens }: ReadRequest, done = 2): Reading {
  const values = () => Float32Array.of(done > 1 ? 1 : Number.NaN, 0);
  return {
    backend: "wasm",
    model: info.model,
    lens: { kind: lens === "logit" ? "logit" : "tuned", name: lens, sha256: null },
    prompt: typeof prompt === "string" ? prompt : null,
    tokens: [{ id: 1, text: String(prompt) }],
    targets: [null],
    rows: [0, "output"],
    statistics: {
      entropy: values(),
      klFromFinal: values(),
      maxProb: values(),
      crossEntropy: values(),
      rank: values(),
      finalTopLogProb: values(),
    },
    topK: { k: 1, ids: Int32Array.of(1, 1), logProbs: values(), finalLogProbs: values() },
    texts: new Map([[1, "a"]]),
    progress: { done, all: 2 },
  };
}

const aborted = () => new DOMException("aborted", "AbortError");

/** An engine whose loads and reads end when the test says so. */
function fakeEngine() {
  const loads: {
    report: (progress: LoadProgress) => void;
    resolve: () => void;
    reject: (error: unknown) => void;
  }[] = [];
  const reads: {
    request: ReadRequest;
    partial: OnReading;
    resolve: () => void;
    reject: (error: unknown) => void;
  }[] = [];
  let isLoaded = false;
  return {
    loads,
    reads,
    engine: {
      load: (_: unknown, report: (progress: LoadProgress) => void) =>
        new Promise<EngineInfo>((resolve, reject) => {
          if (isLoaded) return resolve(info);
          const done = () => {
            isLoaded = true;
            resolve(info);
          };
          loads.push({ report, resolve: done, reject });
        }),
      read: (request: ReadRequest, partial: OnReading) =>
        new Promise<Reading>((resolve, reject) => {
          reads.at(-1)?.reject(aborted());
          reads.push({ request, partial, resolve: () => resolve(readingOf(request)), reject });
        }),
      tokenize: async () => [1],
      cancel: async () => {
        loads.at(-1)?.reject(aborted());
        reads.at(-1)?.reject(aborted());
      },
    },
  };
}

/** Lets every promise that is settled be heard. */
const tick = () => new Promise((resolve) => setTimeout(resolve, 0));

function setup() {
  const { engine, loads, reads } = fakeEngine();
  const store = createReadingStore(engine, {
    prompt: "example",
    backend: "auto",
    schedule: (callback) => callback(),
  });
  const state = () => store.getState();
  /** Presses Read and gives the engine its turn. */
  const press = async (request?: Partial<ReadRequest>) => {
    const reading = state().read(request);
    reading.catch(() => {});
    await tick();
    return { reading };
  };
  /** A store that has read its example. */
  const ready = async () => {
    await press();
    loads[0].resolve();
    await tick();
    reads[0].resolve();
    await tick();
  };
  return { state, loads, reads, press, ready };
}

test("read loads first, then reads what stands in the box with the chosen lens", async () => {
  const { state, loads, reads, press } = setup();
  await press();
  expect(state().progress).toEqual({ status: "loading", load: null });
  const load: LoadProgress = { status: "preparing", name: "tiny" };
  loads[0].report(load);
  expect(state().progress).toEqual({ status: "loading", load });
  loads[0].resolve();
  await tick();
  expect(state().progress.status).toBe("reading");
  expect(reads[0].request).toMatchObject({ prompt: "example", lens: "tuned" });
  reads[0].resolve();
  await tick();
  expect(state()).toMatchObject({ info, progress: { status: "idle" } });
  expect(state().reading?.prompt).toBe("example");
  expect(state().elapsedMs).toBeGreaterThanOrEqual(0);
});

test("load is shared: ready and a read wait for the same one", async () => {
  const { state, loads, press } = setup();
  const loaded = state().load();
  await press();
  expect(loads).toHaveLength(1);
  loads[0].resolve();
  expect(await loaded).toBe(info);
  await tick();
  expect(state().progress.status).toBe("reading");
});

test("load alone leaves the page idle", async () => {
  const { state, loads } = setup();
  const loaded = state().load();
  await tick();
  loads[0].resolve();
  await loaded;
  expect(state().progress.status).toBe("idle");
});

test("partial readings are drawn as they come, but not after the whole one", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  await press({ prompt: "next" });
  expect(state().reading?.prompt).toBe("example");
  const partial = readingOf(reads[1].request, 1);
  reads[1].partial(partial);
  expect(state().reading).toBe(partial);
  expect(state().elapsedMs).toBeNull();
  reads[1].resolve();
  await tick();
  expect(state().reading?.progress.done).toBe(2);
  reads[1].partial(partial);
  expect(state().reading?.progress.done).toBe(2);
});

test("a newer read wins, and the older one rejects as aborted", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  const { reading: older } = await press({ prompt: "older" });
  const { reading: newer } = await press({ prompt: "newer" });
  await expect(older).rejects.toMatchObject({ name: "AbortError" });
  reads[1].partial(readingOf(reads[1].request, 1));
  expect(state().progress.status).toBe("reading");
  reads[2].resolve();
  expect((await newer).prompt).toBe("newer");
  expect(state().reading?.prompt).toBe("newer");
  expect(state().progress.status).toBe("idle");
});

test("a read that fails keeps the prompt, the last reading and its lens", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  state().edit("");
  await press({ lens: "logit" });
  reads[1].partial(readingOf(reads[1].request, 1));
  const error = new PromptError("The prompt is empty. Type a few words.");
  reads[1].reject(error);
  await tick();
  expect(state().progress).toMatchObject({ status: "failed", error });
  expect(state().prompt).toBe("");
  expect(state().reading).toMatchObject({ prompt: "example", progress: { done: 2, all: 2 } });
  expect(state().lens).toBe("tuned");
  state().dismiss();
  expect(state().progress.status).toBe("idle");
});

test("retry loads again after a download that failed, and reads what was asked for", async () => {
  const { state, loads, reads, press } = setup();
  await press({ prompt: "mine" });
  loads[0].reject(new DownloadError("A part is altered."));
  await tick();
  expect(state().progress.status).toBe("failed");
  shownOnPage(state().retry());
  await tick();
  expect(state().progress.status).toBe("loading");
  loads[1].resolve();
  await tick();
  expect(reads[0].request.prompt).toBe("mine");
});

test("choose asks the engine for the other lens once, then switches at once", async () => {
  const { state, reads, ready } = setup();
  await ready();
  shownOnPage(state().choose("logit"));
  await tick();
  expect(reads[1].request).toEqual({ ...reads[0].request, lens: "logit" });
  reads[1].resolve();
  await tick();
  expect(state().reading?.lens.kind).toBe("logit");
  await state().choose("tuned");
  await state().choose("logit");
  expect(reads).toHaveLength(2);
  expect(state().reading?.lens.kind).toBe("logit");
});

test("choose takes the prompt that is read now, not the one in the box", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  await press({ prompt: "running" });
  state().edit("typed since");
  shownOnPage(state().choose("logit"));
  await tick();
  expect(reads[2].request).toMatchObject({ prompt: "running", lens: "logit" });
});

test("choose goes back to a known reading while another lens is being read", async () => {
  const { state, ready } = setup();
  await ready();
  const switching = shownOnPage(state().choose("logit"));
  await tick();
  await state().choose("tuned");
  await switching;
  expect(state()).toMatchObject({ lens: "tuned", progress: { status: "idle" } });
});

test("cancel during a load says how far it came, and Read takes it up again", async () => {
  const { state, loads, press } = setup();
  const { reading } = await press();
  const load: LoadProgress = {
    status: "downloading",
    name: "tiny",
    loadedBytes: 41,
    totalBytes: 100,
    bytesPerSecond: 7,
  };
  loads[0].report(load);
  state().cancel();
  expect(state().progress).toEqual({ status: "cancelled", load });
  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  expect(state().progress.status).toBe("cancelled");
  await press();
  expect(loads).toHaveLength(2);
  expect(state().progress.status).toBe("loading");
});

test("cancel of a load that waits for an older one to end keeps it from starting", async () => {
  const { state, loads } = setup();
  for (const _ of [1, 2]) {
    shownOnPage(state().read());
    state().cancel();
  }
  await tick();
  expect(loads).toHaveLength(0);
  expect(state().progress.status).toBe("cancelled");
});

test("cancel during a read goes back to the last reading", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  await press({ prompt: "next" });
  reads[1].partial(readingOf(reads[1].request, 1));
  state().cancel();
  await tick();
  expect(state().progress).toEqual({ status: "cancelled", load: null });
  expect(state().reading?.prompt).toBe("example");
  expect(state().prompt).toBe("next");
});

test("a bug reaches the caller and leaves the page usable", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  const { reading } = await press();
  reads[1].reject(new TypeError("x is not a function"));
  await expect(reading).rejects.toThrow(TypeError);
  await expect(shownOnPage(reading)).rejects.toThrow(TypeError);
  expect(state().progress.status).toBe("idle");
});
