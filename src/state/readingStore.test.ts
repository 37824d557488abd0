import { afterEach, beforeEach, expect, test, vi } from "vitest";

import type { Engine, EngineInfo, LoadProgress, OnReading, ReadRequest } from "../engine/protocol";
import { DownloadError, MissingLensError, PromptError, ReadingFileError } from "../errors";
import type { Reading } from "../lens/reading";
import { everyStatistic } from "../lens/testing";
import { createReadingStore, type ReadingStoreOptions, shownOnPage } from "./readingStore";

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

/** A reading with one layer and a position a character, or an id; `done` of its two rows are there. */
function readingOf({ prompt, lens, topK: k = 1 }: ReadRequest, done = 2): Reading {
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
const recorded = (prompt: string, ...lenses: ("tuned" | "logit")[]): Reading[] =>
  lenses.map((lens) => ({ ...readingOf({ prompt, lens }), backend: "recorded" }));

/** A promise that the test settles when it says so. */
function later<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((...settle) => {
    [resolve, reject] = settle;
  });
  return { promise, resolve, reject };
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

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Lets time pass, and every promise that is settled then be heard. */
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const tick = () => pass(0);
/** From the last key to its read. */
const typingMs = 15;
/** From a typed reading to the logit lens's. */
const pauseMs = 400;

type Page = ReturnType<typeof setup>;

function setup(options: Partial<ReadingStoreOptions> = {}) {
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
  await pass(250);
  reads[0].resolve();
  await tick();
  expect(state()).toMatchObject({ info, progress: { status: "idle" }, source: { kind: "live" } });
  expect(state().reading?.prompt).toBe("example");
  expect(state().elapsedMs).toBe(250); // without the load
});

test("read takes the ids that a link names in place of the box, until a text is read", async () => {
  const { state, reads, press, ready } = setup({ ids: [7, 8] });
  await ready();
  expect(state()).toMatchObject({ ids: [7, 8], prompt: "example", reading: { prompt: null } });
  await press();
  expect(reads[0].request.prompt).toEqual([7, 8]);
  await press({ prompt: "text" });
  expect(state()).toMatchObject({ ids: null, prompt: "text" });
  await press({ prompt: [9] });
  expect(state()).toMatchObject({ ids: [9], prompt: "text" });
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
  const [{ reading, partial, resolve }] = reads;
  const part = reading(1);
  partial(part);
  expect(state().reading).toBe(part);
  expect(state().elapsedMs).toBeNull();
  resolve();
  await tick();
  expect(state().reading).toMatchObject({ prompt: "next", progress: { done: 8, all: 8 } });
  partial(part);
  expect(state().reading?.progress.done).toBe(8);
});

test("a newer read wins, and the older one rejects as aborted", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  const { reading: older } = await press({ prompt: "older" });
  const { reading: newer } = await press({ prompt: "newer" });
  await expect(older).rejects.toMatchObject({ name: "AbortError" });
  reads[0].partial(reads[0].reading(1));
  expect(state().reading?.prompt).toBe("example");
  expect(state().progress.status).toBe("reading");
  reads[1].resolve();
  expect((await newer).prompt).toBe("newer");
  expect(state().reading?.prompt).toBe("newer");
  expect(state().progress.status).toBe("idle");
});

test("a read that fails keeps the prompt, the last reading and its lens", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  await press({ prompt: "next", lens: "logit" });
  reads[0].partial(reads[0].reading(1));
  const error = new PromptError("The prompt is too long.");
  reads[0].reject(error);
  await tick();
  expect(state().progress).toMatchObject({ status: "failed", error });
  expect(state().prompt).toBe("next");
  expect(state().reading).toMatchObject({ prompt: "example", progress: { done: 14, all: 14 } });
  expect(state().logit).toMatchObject({ prompt: "example", lens: { kind: "logit" } });
  expect(state().lens).toBe("tuned");
  state().dismiss();
  expect(state().progress.status).toBe("idle");
});

test("retry loads again after a download that failed, and reads what was asked for", async () => {
  const { state, loads, reads, press } = setup();
  await press({ prompt: "mine", topK: 3 });
  loads[0].reject(new DownloadError("A part is altered."));
  await tick();
  expect(state().progress.status).toBe("failed");
  state().edit("typed since");
  shownOnPage(state().retry());
  await tick();
  expect(state().progress.status).toBe("loading");
  loads[1].resolve();
  await tick();
  expect(reads[0].request).toEqual({ prompt: "mine", lens: "tuned", topK: 3 });
});

test("retry after a load alone that failed reads the box, and does nothing where nothing failed", async () => {
  const { state, loads, asked } = setup();
  await state().retry();
  expect(loads).toHaveLength(0);
  shownOnPage(state().load());
  await tick();
  loads[0].reject(new DownloadError("A part is altered."));
  await tick();
  expect(state().progress).toMatchObject({ status: "failed", request: null });
  shownOnPage(state().retry());
  await tick();
  loads[1].resolve();
  await tick();
  expect(asked()).toEqual(["example, tuned"]);
});

test("refuse says what could not be done and changes nothing else; dismiss takes it away", async () => {
  const { state, ready } = setup();
  await ready();
  const before = state();
  const error = new ReadingFileError("it is an empty list");
  state().refuse(error);
  expect(state()).toEqual({ ...before, refusal: error });
  state().dismiss();
  expect(state()).toEqual(before);
});

test("refuse during a load stands beside its progress, and dismiss takes only the refusal away", async () => {
  const { state, loads, press } = setup();
  await press();
  const error = new ReadingFileError("it is an empty list");
  state().refuse(error);
  expect(state()).toMatchObject({ refusal: error, progress: { status: "loading" } });
  const load: LoadProgress = { status: "preparing", name: "tiny" };
  loads[0].report(load);
  expect(state()).toMatchObject({ refusal: error, progress: { status: "loading", load } });
  loads[0].resolve();
  await tick();
  expect(state()).toMatchObject({ refusal: error, progress: { status: "reading" } });
  state().dismiss();
  expect(state()).toMatchObject({ refusal: null, progress: { status: "reading" } });
});

test.each([
  ["read", async ({ press }: Page) => void (await press({ prompt: "next" }))],
  ["show", ({ state }: Page) => state().show(recorded("shown", "tuned"), { kind: "recorded" })],
  ["choose of a known lens", ({ state }: Page) => state().choose("logit")],
  ["choose of a lens that is read", ({ state }: Page) => void state().choose("jacobian")],
])("%s takes away what refuse said", async (_, act) => {
  const page = setup();
  await page.ready();
  page.state().refuse(new ReadingFileError("it is an empty list"));
  await act(page);
  expect(page.state().refusal).toBeNull();
});

test("choose before anything was read takes away what refuse said", async () => {
  const { state } = setup();
  state().refuse(new ReadingFileError("it is an empty list"));
  await state().choose("logit");
  expect(state().refusal).toBeNull();
});

test("dismiss leaves a read that is under way alone", async () => {
  const { state, press, ready } = setup();
  await ready();
  await press({ prompt: "next" });
  state().dismiss();
  expect(state().progress.status).toBe("reading");
});

test("choose before anything was read says with which lens that will be", async () => {
  const { state, loads, reads, press } = setup();
  await state().choose("logit");
  expect(state().lens).toBe("logit");
  expect(loads).toHaveLength(0);
  await press();
  loads[0].resolve();
  await tick();
  expect(reads[0].request.lens).toBe("logit");
});

test("choose while the model loads changes the lens that will be read", async () => {
  const { state, loads, asked, press } = setup();
  const { reading } = await press();
  shownOnPage(state().choose("logit"));
  await tick();
  expect(state().progress.status).toBe("loading");
  loads[0].resolve();
  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  await tick();
  expect(asked()).toEqual(["example, logit"]);
  expect(loads).toHaveLength(1);
});

test("choose asks the engine for a lens that was not read yet once, then switches at once", async () => {
  const { state, reads, readAlone, asked } = setup();
  await readAlone();
  shownOnPage(state().choose("logit"));
  await tick();
  expect(reads[1].request).toEqual({ ...reads[0].request, lens: "logit" });
  reads[1].resolve();
  await tick();
  expect(state().reading?.lens.kind).toBe("logit");
  await state().choose("tuned");
  expect(state().reading?.lens.kind).toBe("tuned");
  await state().choose("logit");
  await pass(1000);
  expect(state().reading?.lens.kind).toBe("logit");
  expect(asked()).toEqual(["example, tuned", "example, logit"]);
});

test("choose shows the logit lens's reading that came beside the other, without the engine", async () => {
  const { state, reads, ready } = setup();
  await ready();
  const { logit } = state();
  await state().choose("logit");
  expect(state().reading).toBe(logit);
  expect(state()).toMatchObject({ lens: "logit", elapsedMs: null });
  await pass(1000);
  expect(reads).toHaveLength(0);
});

test("choose reads anew where the known reading lists another number of tokens", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  await press({ topK: 3 });
  shownOnPage(state().choose("logit"));
  await tick();
  expect(reads[1].request).toEqual({ prompt: "example", lens: "logit", topK: 3 });
});

test("choose takes the prompt that is read now, not the one in the box", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  await press({ prompt: "running" });
  state().edit("typed since");
  shownOnPage(state().choose("logit"));
  await tick();
  expect(reads[1].request).toMatchObject({ prompt: "running", lens: "logit" });
});

test("choose goes back to a known reading while another lens is being read", async () => {
  const { state, readAlone } = setup();
  await readAlone();
  const switching = shownOnPage(state().choose("logit"));
  await tick();
  await state().choose("tuned");
  await switching;
  expect(state()).toMatchObject({ lens: "tuned", progress: { status: "idle" } });
});

test("choose of a known lens leaves a read alone that begins while the engine still cancels", async () => {
  const { state, reads, cancel, press, readAlone } = setup();
  await readAlone();
  const switching = shownOnPage(state().choose("logit"));
  await tick();
  const { promise, resolve } = later<void>();
  cancel.mockReturnValueOnce(promise);
  const back = state().choose("tuned");
  await press({ prompt: "newer" });
  resolve();
  await Promise.all([switching, back, tick()]);
  expect(state()).toMatchObject({ prompt: "newer", progress: { status: "reading" } });
  reads.at(-1)?.resolve();
  await tick();
  expect(state()).toMatchObject({ reading: { prompt: "newer" }, progress: { status: "idle" } });
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
  reads[0].partial(reads[0].reading(1));
  expect(state().reading?.prompt).toBe("next");
  state().cancel();
  await tick();
  expect(state().progress).toEqual({ status: "cancelled", load: null });
  expect(state().reading?.prompt).toBe("example");
  expect(state().logit?.prompt).toBe("example");
  expect(state().prompt).toBe("next");
});

test("cancel where nothing is under way does nothing", async () => {
  const { state, cancel, ready } = setup();
  await ready();
  const before = state();
  before.cancel();
  expect(state()).toBe(before);
  expect(cancel).not.toHaveBeenCalled();
});

test("a bug reaches the caller and leaves the page usable", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  const { reading } = await press();
  reads[0].reject(new TypeError("x is not a function"));
  await expect(reading).rejects.toThrow(TypeError);
  await expect(shownOnPage(reading)).rejects.toThrow(TypeError);
  expect(state().progress.status).toBe("idle");
});

// The logit lens's reading, beside the other.

test("read with the tuned lens asks for the logit lens's reading at once, and shows it as it comes", async () => {
  const { state, reads, readAlone } = setup();
  await readAlone();
  expect(state()).toMatchObject({ reading: { lens: { kind: "tuned" } }, logit: null });
  await tick();
  expect(reads[1].request).toEqual({ ...reads[0].request, lens: "logit" });
  expect(state().progress.status).toBe("idle"); // nobody waits for it
  const part = reads[1].reading(1);
  reads[1].partial(part);
  expect(state().logit).toBe(part);
  reads[1].resolve();
  await tick();
  expect(state()).toMatchObject({ lens: "tuned", reading: { lens: { kind: "tuned" } } });
  expect(state().logit).toMatchObject({ lens: { kind: "logit" }, progress: { done: 14 } });
  reads[1].partial(part);
  expect(state().logit?.progress.done).toBe(14);
});

test("read with the logit lens is its own logit reading", async () => {
  const { state, loads, reads, press } = setup();
  await press({ lens: "logit" });
  loads[0].resolve();
  await tick();
  reads[0].resolve();
  await pass(1000);
  expect(reads).toHaveLength(1);
  expect(state().logit).toBe(state().reading);
});

test("logit stays while the same cells are read anew, and is dropped for other tokens", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  const { logit } = state();
  await press({ topK: 3 });
  reads[0].partial(reads[0].reading(1));
  expect(state().reading).toMatchObject({ topK: { k: 3 }, progress: { done: 7 } });
  expect(state().logit).toBe(logit);
  reads[0].resolve();
  await tick();
  expect(state().logit).toBe(logit);
  await press({ prompt: "other" });
  expect(state().logit).toBe(logit); // as the reading on screen
  reads.at(-1)?.partial(reads.at(-1)!.reading(1));
  expect(state()).toMatchObject({ reading: { prompt: "other" }, logit: null });
  reads.at(-1)?.resolve();
  await tick();
  expect(state().logit).toBeNull();
});

test("a logit reading of what is no longer on screen is dropped", async () => {
  const { state, reads, readAlone, press } = setup();
  await readAlone();
  await tick();
  await press({ prompt: "other" });
  reads[1].partial(reads[1].reading(1));
  reads[2].resolve();
  await tick();
  expect(state()).toMatchObject({ reading: { prompt: "other" }, logit: null });
});

test("a logit reading that comes after a file was opened is dropped", async () => {
  const { state, reads, readAlone } = setup();
  await readAlone();
  await tick();
  state().show(recorded("example", "tuned"), { kind: "file", name: "a.json" });
  reads[1].resolve();
  await tick();
  expect(state()).toMatchObject({ logit: null, source: { kind: "file" } });
});

test("the logit lens's reading still comes after a read that failed has gone back to its own", async () => {
  const { state, reads, readAlone, press } = setup();
  await readAlone();
  await press({ prompt: "too long" });
  reads[1].reject(new PromptError("The prompt is too long."));
  await tick();
  expect(state().reading).toMatchObject({ prompt: "example", lens: { kind: "tuned" } });
  await pass(1000);
  reads.at(-1)?.resolve();
  await tick();
  expect(state().logit).toMatchObject({ prompt: "example", lens: { kind: "logit" } });
});

test("the logit lens's reading still comes after a read was cancelled", async () => {
  const { state, reads, readAlone, press, asked } = setup();
  await readAlone();
  await press({ prompt: "next" });
  state().cancel();
  await pass(1000);
  expect(asked()).toEqual(["example, tuned", "next, tuned", "example, logit"]);
  reads.at(-1)?.resolve();
  await tick();
  expect(state()).toMatchObject({
    progress: { status: "cancelled" },
    reading: { prompt: "example", lens: { kind: "tuned" } },
    logit: { prompt: "example", lens: { kind: "logit" } },
  });
});

test("the logit lens's reading still comes after the box was emptied", async () => {
  const { state, reads, readAlone } = setup();
  await readAlone();
  await tick();
  state().edit("");
  await pass(1000);
  reads.at(-1)?.resolve();
  await tick();
  expect(state().logit).toMatchObject({ prompt: "example", lens: { kind: "logit" } });
});

test("readings gives the lens in use, then the logit lens, which it waits for", async () => {
  const { state, reads, readAlone } = setup();
  expect(await state().readings()).toEqual([]);
  await readAlone();
  const readings = state().readings();
  await tick();
  expect(reads).toHaveLength(2); // at once, and no second time when its turn comes
  await pass(1000);
  expect(reads).toHaveLength(2);
  reads[1].resolve();
  expect((await readings).map(({ lens }) => lens.kind)).toEqual(["tuned", "logit"]);
  await state().choose("logit");
  expect((await state().readings()).map(({ lens }) => lens.kind)).toEqual(["logit"]);
});

test("readings gives none while the reading is not whole", async () => {
  const { state, loads, reads, press } = setup();
  await press();
  loads[0].resolve();
  await tick();
  reads[0].partial(reads[0].reading(1));
  expect(state().reading).not.toBeNull();
  expect(await state().readings()).toEqual([]);
});

test("readings gives what there is where the logit lens's was overtaken", async () => {
  const { state, reads, readAlone, press } = setup();
  await readAlone();
  const readings = state().readings();
  await tick();
  reads[1].partial(reads[1].reading(1));
  await press({ prompt: "other" });
  expect((await readings).map(({ lens }) => lens.kind)).toEqual(["tuned"]);
});

// Typing.

test("edit reads once for three quick keys, with the lens in use", async () => {
  const { state, asked, ready } = setup();
  await ready();
  await state().choose("logit");
  for (const text of ["a", "ab", "abc"]) {
    await pass(typingMs - 1);
    expect(asked()).toEqual([]);
    state().edit(text);
  }
  await pass(typingMs - 1);
  expect(asked()).toEqual([]);
  await pass(1);
  expect(asked()).toEqual(["abc, logit"]);
  expect(state()).toMatchObject({ prompt: "abc", isTyped: true, progress: { status: "reading" } });
});

test("edit overtakes the read under way", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  const { reading } = await press({ prompt: "one" });
  expect(state().isTyped).toBe(false);
  state().edit("two");
  await pass(typingMs);
  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  reads[1].resolve();
  await tick();
  expect(state()).toMatchObject({ reading: { prompt: "two" }, progress: { status: "idle" } });
  await press();
  expect(state().isTyped).toBe(false); // asked for, not typed
});

test("edit asks for the logit lens's reading when the typing rests", async () => {
  const { state, reads, asked, ready } = setup();
  await ready();
  state().edit("a");
  await pass(typingMs);
  reads[0].resolve();
  await pass(pauseMs - typingMs - 1);
  expect(asked()).toEqual(["a, tuned"]);
  state().edit("ab");
  await pass(typingMs);
  reads[1].resolve();
  await pass(pauseMs - 1);
  expect(asked()).toEqual(["a, tuned", "ab, tuned"]);
  await pass(1);
  expect(asked()).toEqual(["a, tuned", "ab, tuned", "ab, logit"]);
});

test("edit reads nothing while no model is loaded, or is being loaded", async () => {
  const { state, loads, reads, asked } = setup();
  state().edit("typed");
  await pass(1000);
  expect(loads).toHaveLength(0);
  shownOnPage(state().open());
  await tick();
  state().edit("typed on");
  await pass(1000);
  expect(state().progress.status).toBe("loading");
  expect(reads).toHaveLength(0);
  loads[0].resolve();
  await pass(1000);
  expect(asked()).toEqual(["typed on, tuned"]);
});

test("edit reads nothing while a model that was lost is loaded again", async () => {
  const { state, loads, reads, press, ready, lose } = setup();
  await ready();
  lose();
  await press();
  loads[1].report({ status: "preparing", name: "tiny" });
  state().edit("typed");
  await pass(1000);
  loads[1].resolve();
  await tick();
  expect(reads.map(({ request }) => request.prompt)).toEqual(["example"]);
});

test("edit of an empty box ends the read and keeps the last reading", async () => {
  const { state, reads, cancel, ready } = setup();
  await ready();
  state().edit("e");
  await pass(typingMs);
  reads[0].partial(reads[0].reading(1));
  expect(state().reading?.prompt).toBe("e");
  state().edit("");
  expect(cancel).toHaveBeenCalledOnce();
  await pass(1000);
  expect(reads).toHaveLength(1);
  expect(state()).toMatchObject({ prompt: "", progress: { status: "idle" } });
  expect(state().reading).toMatchObject({ prompt: "example", progress: { done: 14, all: 14 } });
});

test("edit of an empty box forgets the key before it", async () => {
  const { state, reads, ready } = setup();
  await ready();
  state().edit("e");
  state().edit("");
  await pass(1000);
  expect(reads).toHaveLength(0);
});

test("edit of an empty box while Read loads is no prompt: what was asked for is read and shown", async () => {
  const { state, loads, reads, press, asked } = setup();
  const { reading } = await press({ prompt: "asked for" });
  state().edit("");
  loads[0].resolve();
  await tick();
  reads[0].resolve();
  expect((await reading).prompt).toBe("asked for");
  await pass(1000);
  expect(asked()).toEqual(["asked for, tuned", "asked for, logit"]);
  expect(state()).toMatchObject({
    prompt: "",
    reading: { prompt: "asked for" },
    progress: { status: "idle" },
  });
});

test("edit while Read loads is followed once what was asked for is read", async () => {
  const { state, loads, reads, press, asked } = setup();
  await press({ prompt: "asked for" });
  state().edit("typed");
  loads[0].resolve();
  await tick();
  reads[0].resolve();
  await tick();
  expect(asked()).toEqual(["asked for, tuned", "typed, tuned"]);
});

test("edit takes the box's text in place of a link's ids", async () => {
  const { state, asked, ready } = setup({ ids: [7] });
  await ready();
  state().edit("text");
  expect(state().ids).toBeNull();
  await pass(typingMs);
  expect(asked()).toEqual(["text, tuned"]);
});

// The page that opens by itself.

test("open loads, then reads what stands in the box by then", async () => {
  const { state, loads, asked } = setup();
  shownOnPage(state().open());
  await tick();
  expect(state().progress.status).toBe("loading");
  state().edit("since then");
  loads[0].resolve();
  await tick();
  expect(asked()).toEqual(["since then, tuned"]);
});

test("open reads the ids that a link names", async () => {
  const { state, loads, reads } = setup({ prompt: "", ids: [7, 8] });
  shownOnPage(state().open());
  await tick();
  loads[0].resolve();
  await tick();
  expect(reads[0].request.prompt).toEqual([7, 8]);
});

test("open leaves a read that is under way alone", async () => {
  const { state, loads, asked, press } = setup();
  shownOnPage(state().open());
  await press({ prompt: "pressed" });
  state().edit("typed");
  loads[0].resolve();
  await tick();
  expect(asked()).toEqual(["pressed, tuned"]);
  expect(state().progress.status).toBe("reading");
});

test("open reads nothing where the box is empty", async () => {
  const { state, loads, reads } = setup({ prompt: "" });
  shownOnPage(state().open());
  await tick();
  loads[0].resolve();
  await tick();
  expect(reads).toHaveLength(0);
  expect(state().progress.status).toBe("idle");
});

test("open leaves a file on screen alone", async () => {
  const { state, loads, reads } = setup();
  state().show(recorded("filed", "tuned"), { kind: "file", name: "a.json" });
  shownOnPage(state().open());
  await tick();
  loads[0].resolve();
  await tick();
  expect(reads).toHaveLength(0);
  expect(state()).toMatchObject({ reading: { prompt: "filed" }, progress: { status: "idle" } });
});

test("open reads what was typed over a file on screen", async () => {
  const { state, loads, asked } = setup();
  state().show(recorded("filed", "tuned"), { kind: "file", name: "a.json" });
  state().edit("typed");
  shownOnPage(state().open());
  await tick();
  expect(asked()).toEqual([]);
  loads[0].resolve();
  await tick();
  expect(asked()).toEqual(["typed, tuned"]);
});

test("a file that is opened while open loads stays, and the page is idle once the model is there", async () => {
  const { state, loads, reads } = setup();
  shownOnPage(state().open());
  await tick();
  state().show(recorded("filed", "tuned"), { kind: "file", name: "a.json" });
  expect(state().progress.status).toBe("loading");
  loads[0].resolve();
  await tick();
  expect(reads).toHaveLength(0);
  expect(state()).toMatchObject({ reading: { prompt: "filed" }, progress: { status: "idle" } });
});

// Readings that were made elsewhere.

test("show takes the lens that is chosen, and the box its prompt", () => {
  const { state } = setup();
  const [tuned, logit] = recorded("shown", "tuned", "logit");
  state().show([logit, tuned], { kind: "recorded" });
  expect(state()).toMatchObject({
    prompt: "shown",
    ids: null,
    lens: "tuned",
    source: { kind: "recorded" },
    progress: { status: "idle" },
    elapsedMs: null,
    isTyped: false,
  });
  expect(state().reading).toBe(tuned);
  expect(state().logit).toBe(logit);
});

test("show of a file without the chosen lens takes its first one", () => {
  const { state } = setup();
  state().show(recorded("shown", "logit"), { kind: "file", name: "a.json" });
  expect(state()).toMatchObject({ lens: "logit", source: { kind: "file", name: "a.json" } });
});

test("show of a file whose readings list other numbers of tokens takes the chosen lens, or else the first", () => {
  const tuned = readingOf({ prompt: "shown", lens: "tuned", topK: 5 });
  const logit = readingOf({ prompt: "shown", lens: "logit", topK: 3 });
  for (const file of [
    [tuned, logit],
    [logit, tuned],
  ]) {
    const { state } = setup();
    state().show(file, { kind: "file", name: "a.json" });
    expect(state()).toMatchObject({ lens: "tuned", reading: tuned, logit });

    const other = setup({ lens: "jacobian" });
    other.state().show(file, { kind: "file", name: "a.json" });
    expect(other.state().reading).toBe(file[0]);
    expect(other.state().lens).toBe(file[0].lens.kind);
  }
});

test("show of a reading without a prompt keeps its tokens for Read", () => {
  const { state } = setup();
  state().show([{ ...readingOf({ prompt: [7, 8], lens: "tuned" }) }], { kind: "recorded" });
  expect(state()).toMatchObject({ prompt: "example", ids: [7, 8] });
});

test("show ends the read under way, and the typing", async () => {
  const { state, reads, cancel, press, ready } = setup();
  await ready();
  state().edit("typed");
  await pass(typingMs);
  expect(state().isTyped).toBe(true);
  state().show(recorded("shown", "tuned"), { kind: "recorded" });
  expect(state().isTyped).toBe(false);
  cancel.mockClear();
  reads.length = 0;
  const { reading } = await press({ prompt: "next" });
  state().show(recorded("shown", "tuned"), { kind: "recorded" });
  expect(cancel).toHaveBeenCalledOnce();
  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  reads[0].partial(reads[0].reading(1));
  expect(state()).toMatchObject({ reading: { prompt: "shown" }, progress: { status: "idle" } });
});

test("show drops the logit lens's reading of what it replaces", async () => {
  const { state, ready } = setup();
  await ready();
  expect(state().logit).not.toBeNull();
  state().show(recorded("shown", "tuned"), { kind: "recorded" });
  expect(state().logit).toBeNull();
});

test("choose switches between recorded readings with no engine call", async () => {
  const { state, loads, reads, cancel } = setup();
  const [tuned, logit] = recorded("shown", "tuned", "logit");
  state().show([tuned, logit], { kind: "recorded" });
  await state().choose("logit");
  expect(state()).toMatchObject({ lens: "logit", source: { kind: "recorded" } });
  expect(state().reading).toBe(logit);
  await state().choose("tuned");
  expect(state().reading).toBe(tuned);
  expect(state().logit).toBe(logit);
  expect([loads.length, reads.length, cancel.mock.calls.length]).toEqual([0, 0, 0]);
});

test("choose of a lens that a file lacks, with no model, refuses and keeps the lens", async () => {
  const { state, loads } = setup();
  state().show(recorded("shown", "tuned"), { kind: "file", name: "a.json" });
  await state().choose("logit");
  const { refusal } = state();
  expect(refusal).toBeInstanceOf(MissingLensError);
  expect(refusal).toMatchObject({ wanted: "logit", open: "tuned" });
  expect(state()).toMatchObject({
    lens: "tuned",
    reading: { lens: { kind: "tuned" } },
    progress: { status: "idle" },
  });
  expect(loads).toHaveLength(0);
});

test("choose of a lens that a file lacks reads it where the model is loaded", async () => {
  const { state, asked, ready } = setup();
  await ready();
  state().show(recorded("shown", "tuned"), { kind: "file", name: "a.json" });
  shownOnPage(state().choose("logit"));
  await tick();
  expect(asked()).toEqual(["shown, logit"]);
});

test("bring shows readings once they are here, and resolves to true", async () => {
  const { state } = setup();
  const { promise, resolve } = later<Reading[]>();
  const brought = state().bring(promise, { kind: "recorded" });
  await tick();
  expect(state()).toMatchObject({ reading: null, prompt: "example" });
  resolve(recorded("brought", "tuned"));
  expect(await brought).toBe(true);
  expect(state()).toMatchObject({
    prompt: "brought",
    reading: { prompt: "brought" },
    source: { kind: "recorded" },
  });
});

/** What a visitor or a script may go on to while readings are on their way. */
const goneOn: [string, (page: Page) => unknown][] = [
  ["edit", ({ state }) => state().edit("typed")],
  ["read", ({ press }) => press({ prompt: "asked for" })],
  ["show", ({ state }) => state().show(recorded("shown", "tuned"), { kind: "recorded" })],
];

test.each(goneOn)(
  "bring does not show what comes after %s, and resolves to false",
  async (_, act) => {
    const page = setup();
    const { promise, resolve } = later<Reading[]>();
    const brought = page.state().bring(promise, { kind: "recorded" });
    await act(page);
    const before = page.state();
    resolve(recorded("brought", "tuned"));
    expect(await brought).toBe(false);
    expect(page.state()).toBe(before);
  },
);

test.each(goneOn)(
  "bring does not refuse what fails after %s, and resolves to false",
  async (_, act) => {
    const page = setup();
    const { promise, reject } = later<Reading[]>();
    const brought = page.state().bring(promise, { kind: "file", name: "a.json" });
    await act(page);
    const before = page.state();
    reject(new ReadingFileError("it is an empty list"));
    expect(await brought).toBe(false);
    expect(page.state()).toBe(before);
  },
);

test.each([
  ["first", [0, 1]],
  ["last", [1, 0]],
])(
  "bring twice shows only the later readings, also where the earlier come %s",
  async (_, order) => {
    const { state } = setup();
    const ways = [later<Reading[]>(), later<Reading[]>()];
    const brought = ways.map(({ promise }, i) =>
      state().bring(promise, { kind: "file", name: `${i}.json` }),
    );
    for (const i of order) {
      ways[i].resolve(recorded(`file ${i}`, "tuned"));
      await tick();
    }
    expect(await Promise.all(brought)).toEqual([false, true]);
    expect(state()).toMatchObject({ reading: { prompt: "file 1" }, source: { name: "1.json" } });
  },
);

test("bring refuses what cannot be had, resolves to false, and what is on screen stays", async () => {
  const { state, ready } = setup();
  await ready();
  const before = state();
  const error = new DownloadError("The recorded reading did not arrive.");
  expect(await state().bring(Promise.reject(error), { kind: "recorded" })).toBe(false);
  expect(state()).toEqual({ ...before, refusal: error });
});

test("bring passes a bug on to the caller and refuses nothing", async () => {
  const { state } = setup();
  const brought = state().bring(Promise.reject(new TypeError("x")), { kind: "recorded" });
  await expect(brought).rejects.toThrow(TypeError);
  expect(state().refusal).toBeNull();
});

test("show draws no older logit reading beside a file of another model", async () => {
  const { state, ready } = setup();
  await ready();
  const [tuned] = recorded("example", "tuned");
  const other = { ...tuned, model: { ...info.model, sha256: "ef" } };
  state().show([other], { kind: "file", name: "other.json" });
  expect(state()).toMatchObject({ reading: other, logit: null });
  expect(await state().readings()).toEqual([other]);
});

test("show draws no logit reading of one file beside another file's", async () => {
  const { state } = setup();
  state().show(recorded("shown", "tuned", "logit"), { kind: "file", name: "a.json" });
  const [tuned] = recorded("shown", "tuned");
  state().show([tuned], { kind: "file", name: "b.json" });
  expect(state().logit).toBeNull();
  expect(await state().readings()).toEqual([tuned]);
});

test("choose does not go back to a lens of the file that was open before", async () => {
  const { state } = setup();
  state().show(recorded("shown", "tuned", "logit"), { kind: "file", name: "a.json" });
  state().show(recorded("shown", "tuned"), { kind: "file", name: "b.json" });
  await state().choose("logit");
  expect(state().refusal).toBeInstanceOf(MissingLensError);
  expect(state()).toMatchObject({ lens: "tuned", source: { name: "b.json" } });
});

test("a live reading replaces a recorded one of its cells without taking it apart", async () => {
  const { state, loads, reads, press } = setup();
  const [tuned, logit] = recorded("shown", "tuned", "logit");
  state().show([tuned, logit], { kind: "recorded" });
  await press();
  loads[0].resolve();
  await tick();
  reads[0].partial(reads[0].reading(1));
  expect(state().reading).toBe(tuned);
  expect(state().source.kind).toBe("recorded");
  reads[0].resolve();
  await tick();
  expect(state()).toMatchObject({ reading: { backend: "wasm" }, source: { kind: "live" } });
  expect(state().logit).toBe(logit); // until the live one comes
  await tick();
  reads[1].resolve();
  await tick();
  expect(state().logit?.backend).toBe("wasm");
});

test("a partial reading with another lens is shown, since the one on screen does not say it", async () => {
  const { state, reads, readAlone } = setup();
  await readAlone();
  shownOnPage(state().choose("logit"));
  await tick();
  reads[1].partial(reads[1].reading(1));
  expect(state().reading).toMatchObject({ lens: { kind: "logit" }, progress: { done: 7 } });
});

test("a recorded reading that is shown while Read loads leaves the page idle once the model is there", async () => {
  const { state, loads, press } = setup();
  await press();
  state().show(recorded("shown", "tuned"), { kind: "recorded" });
  loads[0].resolve();
  await pass(1000);
  expect(state().progress.status).not.toBe("loading");
});

test("a read that a recorded reading overtook while it loaded reads that one's prompt", async () => {
  const { state, loads, press, asked } = setup();
  const { reading } = await press();
  state().show(recorded("shown", "tuned"), { kind: "recorded" });
  loads[0].resolve();
  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  await tick();
  expect(asked()).toEqual(["shown, tuned"]);
});

test("a read that a file overtook while it loaded reads nothing", async () => {
  const { state, loads, press, asked } = setup();
  const { reading } = await press();
  state().show(recorded("filed", "tuned"), { kind: "file", name: "a.json" });
  loads[0].resolve();
  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  await pass(1000);
  expect(asked()).toEqual([]);
  expect(state()).toMatchObject({ reading: { prompt: "filed" }, progress: { status: "idle" } });
});

test("choose between recorded readings while Read loads does not lose the read", async () => {
  const { state, loads, asked, press } = setup();
  state().show(recorded("shown", "tuned", "logit"), { kind: "recorded" });
  await press();
  await state().choose("logit");
  loads[0].resolve();
  await pass(1000);
  expect(asked()).toContain("shown, logit");
  expect(state().progress.status).not.toBe("loading");
});
