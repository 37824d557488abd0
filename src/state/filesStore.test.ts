import { expect, test } from "vitest";

import type { Found, NamedBlob } from "../engine/protocol";
import {
  DownloadError,
  FileRefusedError,
  FormatError,
  LensMismatchError,
  ReaderStoppedError,
} from "../errors";
import { lensNamed, other } from "./engineTesting";
import { given, setupFiles } from "./filesTesting";
import { holdTime, later, pass, tick } from "./storeTesting";

holdTime();

const mismatch = new LensMismatchError("This lens has 24 layers of width 1024; tiny has 1 of 4.");

test("a file's row says that it is read, then what it turned out to be", async () => {
  const { engine, files, openHere, drop, rows, ready } = setupFiles();
  await ready();
  const { promise, resolve } = later<string>();
  engine.openLens.mockReturnValueOnce(promise);
  const opened = drop("mine.pt");
  await tick();
  expect(files().rows).toEqual([
    { name: "mine.pt", sizeBytes: 1, loadedBytes: null, status: "reading", note: null },
  ]);
  openHere(lensNamed("mine", { nLayers: 6 }));
  resolve("mine");
  await opened;
  expect(rows()).toEqual(["mine.pt: used, in use: a tuned lens of 6 layers"]);
});

test("a lens that is opened is the one in use, and reads what is on screen", async () => {
  const { state, files, engine, drop, asked, ready } = setupFiles();
  await ready();
  await drop("mine.pt");
  await tick();
  expect(engine.openLens.mock.calls[0].slice(1)).toEqual([null, null]); // any lens will do
  expect(state()).toMatchObject({ lens: "tuned", lensNames: { tuned: "mine" }, refusal: null });
  expect(asked()).toEqual(["example, mine"]);
  await drop("jacobian.pt");
  expect(state()).toMatchObject({ lens: "jacobian", lensNames: { jacobian: "jacobian" } });
  expect(files().rows[0].note).toContain("a Jacobian lens");
});

test("what nobody misses is ignored, what is nothing here is refused, and the rest opens", async () => {
  const { state, drop, rows, ready } = setupFiles();
  await ready();
  const opened = drop("README.md", "a.bin", "mine.pt");
  await expect(opened).rejects.toThrow(FileRefusedError);
  await expect(opened).rejects.toThrow("a.bin was not opened. It is nothing that is opened here.");
  expect(rows()).toEqual([
    "README.md: ignored",
    "a.bin: refused, It is nothing that is opened here.",
    "mine.pt: used, in use: a tuned lens of 1 layer",
  ]);
  await expect(opened).rejects.toBe(state().refusal);
});

test("of several lenses one is refused: the others open, and its sentence is the page's", async () => {
  const { state, engine, drop, rows, ready } = setupFiles();
  await ready();
  engine.openLens.mockResolvedValueOnce("closed form").mockRejectedValueOnce(mismatch);
  await expect(drop("a.pt", "b.pt", "c.pt")).rejects.toBe(mismatch);
  expect(rows().map((row) => row.slice(0, 15))).toEqual([
    "a.pt: used, ope",
    "b.pt: refused, ",
    "c.pt: used, in ",
  ]);
  expect(rows()[1]).toContain(mismatch.message);
  expect(state()).toMatchObject({ refusal: mismatch, lensNames: { tuned: "c" } });
});

test("of several refusals the first is the page's", async () => {
  const { state, engine, drop, rows, ready } = setupFiles();
  await ready();
  const damaged = new FormatError("b.pt is cut off.");
  engine.openLens.mockRejectedValueOnce(mismatch).mockRejectedValueOnce(damaged);
  await expect(drop("a.pt", "b.pt", "c.bin")).rejects.toBe(mismatch);
  expect(state().refusal).toBe(mismatch);
  expect(rows().every((row) => row.includes("refused"))).toBe(true);
});

test("a lens that is refused leaves the lens in use and what it has read", async () => {
  const { state, engine, drop, reads, ready } = setupFiles();
  await ready();
  const before = state();
  engine.openLens.mockRejectedValueOnce(mismatch);
  await expect(drop("mine.pt")).rejects.toBe(mismatch);
  await pass(1000);
  expect(state()).toEqual({ ...before, refusal: mismatch });
  expect(reads).toHaveLength(0);
});

test("where there is nothing to open, the page says what would be", async () => {
  for (const found of [["README.md"], []]) {
    const { state, engine, drop, rows, ready } = setupFiles();
    await ready();
    const files = given(...found);
    if (found.length === 0) engine.inspect.mockResolvedValueOnce([]); // a system's own files
    const opened = drop(...(found.length > 0 ? found : [".DS_Store"]));
    await expect(opened).rejects.toThrow(
      "There is nothing to open here. A lens (params.pt, .safetensors, .npz), a model (.gguf, or its folder) or a reading (.json) is.",
    );
    expect(rows()).toEqual(files.map(({ name }) => `${name}: ignored`));
    expect(state().refusal).toBeInstanceOf(FileRefusedError);
  }
});

test("open takes a refusal for the page's own business, and passes a bug on", async () => {
  const { state, engine, files, ready } = setupFiles();
  await ready();
  engine.openLens.mockRejectedValueOnce(mismatch);
  await files().open(given("mine.pt"));
  expect(state().refusal).toBe(mismatch);
  engine.openLens.mockRejectedValueOnce(new TypeError("x is not a function"));
  await expect(files().open(given("mine.pt"))).rejects.toThrow(TypeError);
});

test("open of no files leaves what is there, openOrThrow of none refuses", async () => {
  const { files, drop, rows, ready } = setupFiles();
  await ready();
  await drop("mine.pt");
  await files().open([]);
  expect(rows()).toHaveLength(1);
  await expect(drop()).rejects.toThrow("There is nothing to open here.");
});

test("open says on the page what the engine cannot even look at", async () => {
  const { state, engine, files, rows, ready } = setupFiles();
  await ready();
  const stopped = new ReaderStoppedError("out of memory");
  engine.inspect.mockRejectedValueOnce(stopped);
  await files().open(given("mine.pt"));
  expect(state().refusal).toBe(stopped);
  expect(rows().join()).not.toContain("reading");
});

test("open takes the refusal before it away, dismiss the rows", async () => {
  const { state, engine, files, drop, rows, ready } = setupFiles();
  await ready();
  engine.openLens.mockRejectedValueOnce(mismatch);
  await expect(drop("mine.pt")).rejects.toBe(mismatch);
  const { promise, resolve } = later<string>();
  engine.openLens.mockReturnValueOnce(promise);
  const opened = drop("yours.pt");
  await tick();
  expect(state().refusal).toBeNull();
  resolve("closed form");
  await opened;
  expect(rows()).toHaveLength(1);
  files().dismiss();
  expect(rows()).toEqual([]);
});

test("rows go when the visitor goes on to another prompt, or takes their refusal away", async () => {
  const { state, engine, drop, rows, ready } = setupFiles();
  await ready();
  await drop("mine.pt");
  state().edit("typed");
  expect(rows()).toEqual([]);
  engine.openLens.mockRejectedValueOnce(mismatch);
  await expect(drop("yours.pt")).rejects.toBe(mismatch);
  expect(rows()).toHaveLength(1);
  state().dismiss();
  expect(rows()).toEqual([]);
});

test("rows of files that are still looked at stay, whatever the visitor does", async () => {
  const { state, engine, drop, rows, ready } = setupFiles();
  await ready();
  const { promise, resolve } = later<string>();
  engine.openLens.mockReturnValueOnce(promise);
  const opened = drop("mine.pt");
  await tick();
  state().edit("typed");
  expect(rows()).toEqual(["mine.pt: reading"]);
  resolve("closed form");
  await opened;
  expect(rows()).toEqual(["mine.pt: used, in use: a tuned lens of 1 layer"]);
});

test("a lens that is given before any model is loaded waits for the page's own", async () => {
  const { engine, loads, drop, rows } = setupFiles();
  const opened = drop("mine.pt");
  await tick();
  expect(loads).toHaveLength(1);
  expect(engine.openLens).not.toHaveBeenCalled();
  loads[0].resolve();
  await opened;
  expect(rows()).toEqual(["mine.pt: used, in use: a tuned lens of 1 layer"]);
});

test("a lens is refused with the sentence of the load that failed", async () => {
  const { state, engine, loads, drop, rows } = setupFiles();
  const opened = drop("mine.pt");
  await tick();
  const error = new DownloadError("A part is altered.");
  loads[0].reject(error);
  await expect(opened).rejects.toBe(error);
  expect(rows()).toEqual(["mine.pt: refused, A part is altered."]);
  expect(engine.openLens).not.toHaveBeenCalled();
  expect(state().refusal ?? state().progress).toBeTruthy();
});

test("a model is opened before the lenses that came with it, whatever their order", async () => {
  const { state, engine, models, drop, rows, ready } = setupFiles();
  await ready();
  const opened = drop("mine.pt", "other.gguf", "jacobian.pt");
  await tick();
  expect(models[0].model?.name).toBe("other");
  expect(engine.openLens).not.toHaveBeenCalled();
  models[0].resolve();
  await opened;
  expect(engine.openLens.mock.calls.map(([{ name }]) => name)).toEqual(["mine", "jacobian"]);
  expect(state().info).toMatchObject({
    model: other.model,
    lenses: [{ name: "mine" }, { name: "jacobian" }],
  });
  expect(rows()[1]).toBe("other.gguf: used, in use: a model of 3 layers of width 2,048");
});

test("of two models the first opens, and the other is refused with what to do", async () => {
  const { engine, models, drop, rows, ready } = setupFiles();
  await ready();
  const opened = drop("other.gguf", "third.gguf");
  await tick();
  models[0].resolve();
  await expect(opened).rejects.toThrow("One model is open at a time. Open this one by itself.");
  expect(engine.openModel).toHaveBeenCalledOnce();
  expect(rows()[1]).toMatch(/^third\.gguf: refused, One model/);
});

test("batches are opened one after the other, also after one that was refused", async () => {
  const { engine, drop, rows, ready } = setupFiles();
  await ready();
  const { promise, reject } = later<string>();
  engine.openLens.mockReturnValueOnce(promise);
  const first = drop("a.pt");
  const second = drop("b.pt");
  await tick();
  expect(engine.inspect).toHaveBeenCalledOnce();
  expect(rows()).toEqual(["a.pt: reading"]);
  reject(mismatch);
  await expect(first).rejects.toBe(mismatch);
  await second;
  expect(rows()).toEqual(["b.pt: used, in use: a tuned lens of 1 layer"]);
});

// What the engine is given.

test("a folder's files keep their paths, and a file its name", async () => {
  const { engine, dropFiles, ready } = setupFiles();
  await ready();
  const [chosen, dropped, alone, hidden] = given("a.md", "b.md", "c.md", ".d.md");
  Object.defineProperty(chosen, "webkitRelativePath", { value: "lens/a.md" });
  Object.assign(dropped, { relativePath: "/lens/b.md" });
  Object.assign(alone, { relativePath: "./c.md" });
  await expect(dropFiles([chosen, dropped, alone, hidden])).rejects.toThrow(FileRefusedError);
  const names = engine.inspect.mock.calls[0][0].map(({ name }) => name);
  expect(names).toEqual(["lens/a.md", "lens/b.md", "c.md", ".d.md"]);
});

test("a zipped folder has a row for each file in it, and a file of two lenses has one", async () => {
  const { engine, files, drop, rows, ready } = setupFiles();
  await ready();
  const [a, b, config] = ["l/a.pt", "l/b.pt", "l/config.json"].map(
    (name): NamedBlob => ({ name, blob: new Blob(["xy"]) }),
  );
  const lens = (name: string, parameters: NamedBlob): Found => ({
    kind: "lens",
    name,
    parameters,
    config,
    receipt: null,
  });
  engine.inspect.mockResolvedValueOnce([lens("a", a), lens("b", b)]);
  await drop("l.zip");
  expect(rows().sort()).toEqual([
    "l/a.pt: used, open: a tuned lens of 1 layer",
    "l/b.pt: used, in use: a tuned lens of 1 layer",
    "l/config.json: read",
  ]);
  expect(files().rows[0].sizeBytes).toBe(2);
});
