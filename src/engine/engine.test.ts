import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";

import { defaultSettings } from "../lens/trainingDefaults";
import { chooseReader } from "./chooseReader";
import { createEngine } from "./engine";
import type { FoundLens, FoundModel, NamedBlob } from "./protocol";
import type { Reader } from "./reader";

vi.mock("./chooseReader", () => ({ chooseReader: vi.fn() }));

const forget = vi.fn<Reader["forget"]>();
vi.mocked(chooseReader).mockImplementation(async () => ({
  reader: {
    ...{ backend: "wasm", adapter: null, threads: 1, runtimeVersion: "" },
    open: () => ({
      ids: [],
      follow: async () => {},
      read: async function* () {},
      dispose() {},
    }),
    openLockstep: () => {
      throw new Error("not asked for here");
    },
    training: () => {
      throw new Error("not asked for here");
    },
    forget,
    dispose() {},
  },
  notice: null,
}));

function file(path: string): NamedBlob {
  const bytes = readFileSync(new URL(`fixtures/${path}`, import.meta.url));
  return { name: path.slice(path.lastIndexOf("/") + 1), blob: new Blob([new Uint8Array(bytes)]) };
}
const modelOf = (name: string): FoundModel => ({
  kind: "model",
  name,
  files: [file(`${name}/config.json`), file(`${name}/model.safetensors`)],
});
const tuned: FoundLens = {
  kind: "lens",
  name: "mine",
  parameters: file("tiny-llama/lens/params.pt"),
  config: null,
  receipt: null,
};
const jacobian: FoundLens = {
  ...tuned,
  name: "jacobian one",
  parameters: file("tiny-llama/jacobian/lens.pt"),
};
const ignore = () => {};
const tick = () => new Promise((resolve) => setTimeout(resolve, 50));

function pending() {
  let resolve = ignore;
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve: () => resolve() };
}

/** The engine with the tiny llama model open. */
async function start() {
  const engine = createEngine();
  const open = async (name: string) => engine.openModel(modelOf(name), "wasm", ignore);
  await open("tiny-llama");
  const names = async () => (await engine.info()).lenses.map(({ name }) => name);
  return { engine, open, names };
}

test("openModel() of the model in use keeps the lenses that are open for it", async () => {
  const { engine, open, names } = await start();
  await engine.openLens(tuned, null, null);
  await engine.openLens(jacobian, null, null);
  expect((await open("tiny-llama")).lenses).toHaveLength(2);
  expect(await names()).toEqual(["mine", "jacobian one"]);
  await engine.closeLens("mine");
  await open("tiny-llama");
  expect(await names()).toEqual(["jacobian one"]);
});

test("openModel() opens the lenses again that were open for the model, and no other's", async () => {
  const { engine, open, names } = await start();
  await engine.openLens(tuned, null, null);
  expect((await open("tiny-gpt2")).lenses).toEqual([]);
  await open("tiny-llama");
  expect(await names()).toEqual(["mine"]);
  await engine.closeLens("mine");
  await open("tiny-gpt2");
  await open("tiny-llama");
  expect(await names()).toEqual([]);
});

test("openLens() is aborted where its model was replaced meanwhile", async () => {
  const { engine, open } = await start();
  const slow = new Blob([await tuned.parameters.blob.arrayBuffer()]);
  const { promise, resolve } = pending();
  const { slice } = slow;
  slow.slice = (...range) => {
    const part = slice.apply(slow, range);
    const { arrayBuffer } = part;
    part.arrayBuffer = () => promise.then(() => arrayBuffer.call(part));
    return part;
  };
  const parameters = { name: "params.pt", blob: slow };
  const opening = engine.openLens({ ...tuned, parameters }, null, null);
  opening.catch(ignore);
  await open("tiny-gpt2");
  resolve();
  await expect(opening).rejects.toMatchObject({ name: "AbortError" });
});

test("closeLens() lets the reader forget the lens once the read under way has ended", async () => {
  const { engine } = await start();
  await engine.openLens(tuned, null, null);
  const { promise, resolve } = pending();
  forget.mockClear();
  const { reader } = await vi.mocked(chooseReader).mock.results.at(-1)!.value;
  const prompt = reader.open();
  vi.spyOn(reader, "open").mockReturnValue({ ...prompt, follow: () => promise });
  const reading = engine.read({ prompt: [1], lens: "mine" }, ignore).catch(ignore);
  await vi.waitFor(() => expect(reader.open).toHaveBeenCalled());
  await engine.closeLens("mine");
  expect(forget).not.toHaveBeenCalled();
  resolve();
  await reading;
  await vi.waitFor(() => expect(forget).toHaveBeenCalledOnce());
  expect(forget.mock.calls[0][0]).toHaveLength(3);
});

test("openModel() disposes the model before only once nothing reads with it, whatever began meanwhile", async () => {
  const { engine, open } = await start();
  const { reader } = await vi.mocked(chooseReader).mock.results.at(-1)!.value;
  const [measuring, following] = [pending(), pending()];
  const prompt = reader.open();
  const order: string[] = [];
  vi.spyOn(reader, "dispose").mockImplementation(() => order.push("disposed"));
  vi.spyOn(reader, "training").mockImplementation(() => measuring.promise);
  vi.spyOn(reader, "open").mockReturnValue({
    ...prompt,
    async follow(_: readonly number[], signal: AbortSignal) {
      order.push("read begins");
      await following.promise;
      order.push("read ends");
      signal.throwIfAborted();
    },
  });
  const ids = Array.from({ length: 200 }, (_, i) => (i * i) % 97).join(" ");
  const text = { kind: "text", name: "pasted", text: ids } as const;
  await engine.prepareText(text, { sequenceLength: 12, heldOut: 24 }, ignore);
  const estimate = engine.estimateTraining({ ...defaultSettings, steps: 2 }).catch(ignore);
  const opening = open("tiny-gpt2");
  await tick();
  const reading = engine.read({ prompt: [1], lens: "logit" }, ignore).catch((error) => error);
  await tick();
  measuring.resolve();
  await tick();
  expect(order).toEqual(["read begins"]);
  following.resolve();
  await Promise.all([estimate, opening]);
  expect(await reading).toMatchObject({ name: "AbortError" });
  await vi.waitFor(() => expect(order).toEqual(["read begins", "read ends", "disposed"]));
});

test("openModel() that a newer one overtakes while a task ends leaves the newer model", async () => {
  const { engine, open } = await start();
  const { reader } = await vi.mocked(chooseReader).mock.results.at(-1)!.value;
  const { promise, resolve } = pending();
  vi.spyOn(reader, "open").mockReturnValue({ ...reader.open(), follow: () => promise });
  const reading = engine.read({ prompt: [1], lens: "logit" }, ignore).catch(ignore);
  await tick();
  const first = open("tiny-gpt2").catch((error) => error);
  await tick();
  const second = open("tiny-gpt_neox");
  await tick();
  resolve();
  expect(await first).toMatchObject({ name: "AbortError" });
  await Promise.all([second, reading]);
  expect((await engine.info()).model.name).toBe("tiny-gpt_neox");
});
