import { expect, test, vi } from "vitest";

import type { Engine, EngineInfo, ReadRequest } from "../engine/protocol";
import { PromptError } from "../errors";
import type { Reading } from "../lens/reading";
import { backendFromSearch } from "./backendChoice";
import { createReadingStore } from "./readingStore";
import { createMidthought } from "./scripting";

const info: EngineInfo = {
  model: { name: "tiny", family: "llama", nLayers: 0, dModel: 4, vocab: 8, sha256: "ab" },
  contextLength: 64,
  lenses: [{ kind: "tuned", name: "closed form", sha256: "cd" }],
  backend: "wasm",
  threads: 2,
  adapter: null,
  notice: null,
  versions: { "onnxruntime-web": "1.30.0" },
};

/** One position, the output row only. */
const readingOf = ({ prompt, lens }: ReadRequest): Reading => ({
  backend: "wasm",
  model: info.model,
  lens: { kind: lens === "logit" ? "logit" : "tuned", name: lens, sha256: null },
  prompt: typeof prompt === "string" ? prompt : null,
  tokens: [{ id: 1, text: "a" }],
  targets: [null],
  rows: ["output"],
  statistics: {
    entropy: Float32Array.of(1),
    klFromFinal: Float32Array.of(0),
    maxProb: Float32Array.of(0.5),
    crossEntropy: Float32Array.of(Number.NaN),
    rank: Float32Array.of(Number.NaN),
    finalTopLogProb: Float32Array.of(-0.5),
  },
  topK: {
    k: 1,
    ids: Int32Array.of(1),
    logProbs: Float32Array.of(-0.5),
    finalLogProbs: Float32Array.of(-0.5),
  },
  texts: new Map([[1, "a"]]),
  progress: { done: 1, all: 1 },
});

const sentence = "The prompt is empty. Type a few words.";
const engine: Engine = {
  load: async () => info,
  read: async (request) => {
    if (request.prompt === "") throw new PromptError(sentence);
    return readingOf(request);
  },
  tokenize: async (text) => [...text].map((_, i) => i),
  cancel: async () => {},
  isAtHand: async () => true,
};

function setup() {
  const store = createReadingStore(engine, { prompt: "example", backend: "auto" });
  store.subscribe(({ reading, drawn, drew }) => {
    if (reading && reading !== drawn) drew(reading); // as the table does
  });
  const app = { name: "midthought", version: "0.1.0" };
  return { store, midthought: createMidthought(store, engine, app) };
}

test("info knows only versions before the model is loaded, then what is in use", async () => {
  const { midthought } = setup();
  expect(midthought.info()).toMatchObject({ model: null, backend: null, lens: null });
  await midthought.ready;
  expect(midthought.info()).toEqual({
    model: info.model,
    lens: info.lenses[0],
    backend: "wasm",
    adapter: null,
    threads: 2,
    versions: { midthought: "0.1.0", "onnxruntime-web": "1.30.0" },
  });
});

test("read resolves to the file's JSON and shows the reading and its lens on the page", async () => {
  const { store, midthought } = setup();
  const json = await midthought.read("Hi", { lens: "logit" });
  expect(json).toMatchObject({ format: "midthought-reading/1", prompt: "Hi", rows: ["output"] });
  expect(store.getState()).toMatchObject({ prompt: "Hi", lens: "logit" });
  expect(store.getState().reading?.prompt).toBe("Hi");
});

test("read waits until the page has drawn the reading", async () => {
  const store = createReadingStore(engine, { prompt: "example", backend: "auto" });
  const midthought = createMidthought(store, engine, { name: "midthought", version: "0.1.0" });
  let isDone = false;
  const done = midthought.read("Hi").then(() => {
    isDone = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 0));
  expect(store.getState().reading?.prompt).toBe("Hi");
  expect(isDone).toBe(false);
  const { reading, drew } = store.getState();
  if (reading) drew(reading);
  await done;
});

test("read of token ids leaves the prompt box as it is", async () => {
  const { store, midthought } = setup();
  expect((await midthought.read([1])).prompt).toBeNull();
  expect(store.getState().prompt).toBe("example");
});

test("read rejects with the sentence that the page shows, named as its kind", async () => {
  const { store, midthought } = setup();
  await expect(midthought.read("")).rejects.toMatchObject({
    name: "PromptError",
    message: sentence,
  });
  expect(store.getState().progress).toMatchObject({
    status: "failed",
    error: { message: sentence },
  });
});

test("read asks for as many tokens, and for the rows, that its options say", async () => {
  const read = vi.fn(engine.read);
  const store = createReadingStore({ ...engine, read }, { prompt: "example", backend: "auto" });
  store.subscribe(({ reading, drawn, drew }) => {
    if (reading && reading !== drawn) drew(reading);
  });
  const midthought = createMidthought(store, engine, { name: "midthought", version: "0.1.0" });
  await midthought.read("Hi", { topK: 3, rows: [0] });
  expect(read.mock.calls[0][0]).toEqual({ prompt: "Hi", lens: "tuned", topK: 3, rows: [0] });
});

test("info says the lens that is chosen, the logit lens too", async () => {
  const { store, midthought } = setup();
  await midthought.ready;
  await store.getState().choose("logit");
  expect(midthought.info().lens).toEqual({ kind: "logit", name: "logit lens", sha256: null });
});

test("tokenize loads first", async () => {
  const { store, midthought } = setup();
  expect(await midthought.tokenize("abc")).toEqual([0, 1, 2]);
  expect(store.getState().info).toBe(info);
});

test("backendFromSearch takes webgpu and wasm, and says that it ignored anything else", () => {
  expect(backendFromSearch("")).toEqual({ backend: "auto", notice: null });
  expect(backendFromSearch("?x=1&backend=wasm")).toEqual({ backend: "wasm", notice: null });
  expect(backendFromSearch("?backend=webgpu").backend).toBe("webgpu");
  const { backend, notice } = backendFromSearch("?backend=cuda");
  expect(backend).toBe("auto");
  expect(notice).toContain("“cuda”");
});
