import { expect, test, vi } from "vitest";

import { FileRefusedError, FormatError, PromptError } from "../errors";
import { backendFromSearch } from "./backendChoice";
import { fakeEngine, info, lensNamed, other, readingOf } from "./engineTesting";
import { createEvaluationStore } from "./evaluationStore";
import { createFilesStore } from "./filesStore";
import { createReadingStore } from "./readingStore";
import { createMidthought } from "./scripting";
import { createTrainingScript } from "./trainingScript";
import { createTrainingStore } from "./trainingStore";

const app = { name: "midthought", version: "0.1.0" };
const sentence = "The prompt is empty. Type a few words.";

/** A page whose model loads at once and reads at once; its table draws at once, unless it is not to. */
function setup({ draws = true } = {}) {
  const fake = fakeEngine({ isLoaded: true });
  const { engine } = fake;
  const read = engine.read.mockImplementation(async (request) => {
    if (request.prompt === "") throw new PromptError(sentence);
    return readingOf(request, 2, await engine.info());
  });
  const store = createReadingStore(engine, { prompt: "example", backend: "auto" });
  if (draws) {
    store.subscribe(({ reading, drawn, drew }) => {
      if (reading && reading !== drawn) drew(reading);
    });
  }
  const files = createFilesStore(engine, store, app);
  const training = createTrainingStore(engine, store, app);
  const evaluation = createEvaluationStore(engine, store, training, app);
  const script = createTrainingScript(store, training, evaluation);
  const midthought = createMidthought(store, files, engine, app, script);
  return { ...fake, read, store, files, midthought };
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
  expect(json).toMatchObject({ format: "midthought-reading/1", prompt: "Hi", rows: [0, "output"] });
  expect(store.getState()).toMatchObject({ prompt: "Hi", lens: "logit" });
  expect(store.getState().reading?.prompt).toBe("Hi");
});

test("read waits until the page has drawn the reading", async () => {
  const { store, midthought } = setup({ draws: false });
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
  const { read, midthought } = setup();
  await midthought.read("Hi", { topK: 3, rows: [0] });
  expect(read.mock.calls[0][0]).toEqual({ prompt: "Hi", lens: "tuned", topK: 3, rows: [0] });
});

test("info says the lens that is chosen, the logit lens too", async () => {
  const { store, midthought } = setup();
  await midthought.ready;
  await store.getState().choose("logit");
  expect(midthought.info().lens).toEqual({ kind: "logit", name: "logit lens", sha256: null });
});

test("info says the lens that is in use by its name, where several of its kind are open", async () => {
  const { store, openHere, midthought } = setup();
  await midthought.ready;
  await store.getState().know(openHere(lensNamed("mine"), lensNamed("yours")));
  await store.getState().choose("tuned", "mine");
  expect(midthought.info().lens).toEqual(lensNamed("mine"));
  await midthought.read("Hi", { lens: "yours" });
  expect(midthought.info().lens).toEqual(lensNamed("yours"));
});

test("read takes a lens by its name, also one that is called like a part of every object", async () => {
  for (const name of ["mine", "constructor", "__proto__"]) {
    const { store, read, openHere, midthought } = setup();
    await midthought.ready;
    await store.getState().know(openHere(lensNamed(name)));
    const { lens } = await midthought.read("Hi", { lens: name });
    expect(read.mock.calls[0][0].lens).toBe(name);
    expect(lens.name).toBe(name);
  }
});

test("tokenize loads first", async () => {
  const { store, engine, midthought } = setup();
  engine.tokenize.mockImplementation(async (text) => {
    expect(store.getState().info).not.toBeNull();
    return [...text].map((_, i) => i);
  });
  expect(await midthought.tokenize("abc")).toEqual([0, 1, 2]);
});

// Files.

const file = (name: string) => new File(["x"], name);

test("openLens opens a lens, which is then the one in use, and openModel a model", async () => {
  const { models, midthought } = setup();
  await midthought.openLens(new Set([file("mine.pt")])); // any list of files will do
  expect(midthought.info().lens).toEqual(lensNamed("mine"));
  const opened = midthought.openModel([file("other.gguf")]);
  await vi.waitFor(() => expect(models).toHaveLength(1));
  expect(midthought.info().model).toEqual(info.model);
  models[0].resolve();
  await opened;
  expect(midthought.info()).toMatchObject({ model: other.model, lens: { kind: "logit" } });
});

test("openLens and openModel reject with the sentence that the page shows, named as its kind", async () => {
  const { engine, store, midthought } = setup();
  const message = "Layer 3 of this lens holds no finite numbers.";
  engine.openLens.mockRejectedValue(new FormatError(message));
  engine.openModel.mockRejectedValue(new FormatError(message));
  for (const open of [
    () => midthought.openLens([file("mine.pt")]),
    () => midthought.openModel([file("other.gguf")]),
  ]) {
    await expect(open()).rejects.toMatchObject({ name: "FormatError", message });
    expect(store.getState().refusal).toMatchObject({ name: "FormatError", message });
  }
  expect(midthought.info()).toMatchObject({ model: info.model, lens: info.lenses[0] });
});

test("openLens and openModel reject where there is nothing to open", async () => {
  const { midthought } = setup();
  await expect(midthought.openLens([])).rejects.toThrow(FileRefusedError);
  await expect(midthought.openModel([file("README.md")])).rejects.toThrow("nothing to open");
  await expect(midthought.openModel([file("a.zip")])).rejects.toThrow("a.zip was not opened");
});

test("saveLens gives the lens in use in the format that it is asked for", async () => {
  const { engine, midthought } = setup();
  await midthought.openLens([file("mine.pt")]);
  for (const format of ["folder", "safetensors", "float16"] as const) {
    expect(await (await midthought.saveLens({ format })).text()).toBe("mine");
    expect(engine.saveLens).toHaveBeenLastCalledWith("mine", format, app);
  }
});

test("saveLens gives the lens in use as a folder, and rejects where it is the logit lens", async () => {
  const { store, engine, midthought } = setup();
  await midthought.openLens([file("mine.pt")]);
  const blob = await midthought.saveLens();
  expect(await blob.text()).toBe("mine");
  expect(engine.saveLens).toHaveBeenCalledExactlyOnceWith("mine", "folder", app);
  await store.getState().choose("logit");
  await expect(midthought.saveLens()).rejects.toMatchObject({ name: "NoLensError" });
});

test("backendFromSearch takes webgpu and wasm, and says that it ignored anything else", () => {
  expect(backendFromSearch("")).toEqual({ backend: "auto", notice: null });
  expect(backendFromSearch("?x=1&backend=wasm")).toEqual({ backend: "wasm", notice: null });
  expect(backendFromSearch("?backend=webgpu").backend).toBe("webgpu");
  const { backend, notice } = backendFromSearch("?backend=cuda");
  expect(backend).toBe("auto");
  expect(notice).toContain("“cuda”");
});
