import { readFileSync } from "node:fs";
import { expect, test, vi } from "vitest";

import { DeviceLostError } from "../errors";
import { openModel } from "../model/openModel";
import { chooseReader } from "./chooseReader";
import type { OpenLens } from "./openLenses";
import type { OpenPrompt, Reader } from "./reader";
import { openSession } from "./session";

vi.mock("./chooseReader", () => ({ chooseReader: vi.fn() }));
const choose = vi.mocked(chooseReader);

const blobOf = (path: string) =>
  new Blob([new Uint8Array(readFileSync(new URL(`fixtures/tiny-llama/${path}`, import.meta.url)))]);
const model = await openModel(
  new Map([
    ["config.json", blobOf("config.json")],
    ["model.safetensors", blobOf("model.safetensors")],
  ]),
  "tiny-llama",
);
const loaded = { model, lenses: [], isBundled: false };
const never = new AbortController().signal;
const ignore = () => {};

const none = () => {
  throw new Error("not asked for here");
};

/** A reader that reads nothing. */
function readerThat(backend: Reader["backend"], follow: OpenPrompt["follow"] = async () => {}) {
  return {
    ...{ backend, adapter: null, threads: 1, runtimeVersion: "" },
    open: vi.fn(() => ({ ids: [], follow, read: async function* () {}, dispose: ignore })),
    openLockstep: none,
    training: none,
    forget: ignore,
    dispose: vi.fn(),
  } satisfies Reader;
}
const loses: OpenPrompt["follow"] = async () => {
  throw new DeviceLostError("The GPU was lost.");
};

/** A session whose first reader loses its GPU. */
async function startLost() {
  const lost = readerThat("webgpu", loses);
  choose.mockReset().mockResolvedValueOnce({ reader: lost, notice: null });
  const session = await openSession(loaded, "auto", never);
  const read = (signal = never) => session.read({ prompt: [1], lens: "logit" }, ignore, signal);
  return { session, read, lost };
}

test("a session whose GPU is lost reads on a new one", async () => {
  const { session, read, lost } = await startLost();
  const fresh = readerThat("webgpu");
  choose.mockResolvedValueOnce({ reader: fresh, notice: null });
  await read();
  expect(lost.dispose).toHaveBeenCalledOnce();
  expect(fresh.open).toHaveBeenCalledOnce();
  expect(session.info().notice).toContain("A new one was opened");
});

test("so it does where the read was overtaken while the new one was opened", async () => {
  const { read, lost } = await startLost();
  const fresh = readerThat("webgpu");
  const controller = new AbortController();
  choose.mockImplementationOnce(async (_model, _choice, _onLost, signal) => {
    controller.abort(new DOMException("A newer prompt is being read.", "AbortError"));
    signal.throwIfAborted();
    return { reader: fresh, notice: null };
  });
  await read(controller.signal).catch(ignore);
  await read();
  expect(lost.open).toHaveBeenCalledOnce();
  expect(fresh.open).toHaveBeenCalled();
  expect(choose).toHaveBeenCalledTimes(2);
});

test("a read and a longer task that lose the same GPU go on with the same new one", async () => {
  const { session, read, lost } = await startLost();
  const fresh = readerThat("webgpu");
  choose.mockResolvedValueOnce({ reader: fresh, notice: null });
  const tried: Reader[] = [];
  const task = session.withReader(async (reader) => {
    tried.push(reader);
    if (reader === lost) throw new DeviceLostError("The GPU was lost.");
  }, never);
  await Promise.all([read(), task]);
  expect(tried).toEqual([lost, fresh]);
  expect(choose).toHaveBeenCalledTimes(2);
  expect(lost.dispose).toHaveBeenCalledOnce();
  expect(fresh.dispose).not.toHaveBeenCalled();
});

test("putLens() replaces the open lens of that name and lets go of what it was read with", async () => {
  const { session } = await startLost();
  const fresh = readerThat("wasm");
  const forget = vi.spyOn(fresh, "forget");
  choose.mockResolvedValueOnce({ reader: fresh, notice: null });
  await session.read({ prompt: [1], lens: "logit" }, ignore, never);
  const translator = () => ({ weight: new Float32Array(64 * 64), bias: new Float32Array(64) });
  const [stays, goes, comes] = [translator(), translator(), translator()];
  const lensOf = (...translators: OpenLens["translators"]): OpenLens => ({
    info: {
      ...{ kind: "tuned", name: "mine", sha256: null, nLayers: 2, sizeBytes: 0 },
      ...{ isBundled: false, url: null, warnings: [] },
    },
    ...{ translators, missing: [], baseModel: null, unembedHash: null, receipt: null },
  });
  expect(session.putLens("mine", lensOf(stays, goes))).toBe("mine");
  expect(session.putLens("mine", lensOf(stays, comes))).toBe("mine");
  expect(session.lenses.named("mine").translators).toEqual([stays, comes]);
  await vi.waitFor(() => expect(forget).toHaveBeenCalledExactlyOnceWith([goes]));
});

test("where none can be opened, the next read tries again", async () => {
  const { read, lost } = await startLost();
  choose.mockRejectedValueOnce(new RangeError("Array buffer allocation failed"));
  await expect(read()).rejects.toThrow("allocation failed");
  const fresh = readerThat("wasm");
  choose.mockResolvedValueOnce({ reader: fresh, notice: null });
  await read();
  expect(lost.open).toHaveBeenCalledOnce();
  expect(fresh.open).toHaveBeenCalledOnce();
});

test("openSession() disposes the reader of a session that was cancelled", async () => {
  const reader = readerThat("wasm");
  const controller = new AbortController();
  choose.mockReset().mockImplementationOnce(async () => {
    controller.abort(new DOMException("Loading was cancelled.", "AbortError"));
    return { reader, notice: null };
  });
  const opening = openSession(loaded, "auto", controller.signal);
  await expect(opening).rejects.toThrow("Loading was cancelled.");
  expect(reader.dispose).toHaveBeenCalledOnce();
});
