import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test, vi } from "vitest";

import catalog from "../../../models/catalog.json";
import { openGguf } from "../../format/gguf";
import { openSafetensors } from "../../format/safetensors";
import { sha256 } from "../../math/sha256";
import { configFromGguf } from "../configGguf";
import { weightsFromGguf } from "../weights";
import { fetchBundled, isBundledAtHand } from "./bundled";

const root = join(import.meta.dirname, "../../..");

/** The development server, as far as these files go. */
const fetchFromDisk: typeof fetch = async (url) => {
  const path = new URL(String(url), "http://localhost").pathname;
  return new Response(new Uint8Array(await readFile(join(root, path))));
};

test("fetchBundled puts the model and its lens together, and both open", async () => {
  const seen: number[] = [];
  const { gguf, lenses, ...files } = await fetchBundled(
    ({ loadedBytes, totalBytes, name }) => {
      expect(name).toBe("SmolLM2-135M-Instruct");
      seen.push(loadedBytes / totalBytes);
    },
    undefined,
    { fetch: fetchFromDisk, cache: null },
  );
  expect(seen[0]).toBe(0);
  expect(seen.at(-1)).toBe(1);
  expect(await sha256(gguf)).toBe(files.sha256);

  const file = await openGguf(gguf);
  const config = configFromGguf(file, files.name);
  expect(config).toMatchObject({
    nLayers: 30,
    dModel: 576,
    nHeads: 9,
    nKvHeads: 3,
    headDim: 64,
    vocab: 49152,
    tied: true,
    rotary: { dim: 64, base: 100000, scaling: null },
  });
  const weights = weightsFromGguf(file, config);
  expect(weights.shape("layers.29.mlp.down_proj.weight")).toEqual([576, 1536]);
  expect(weights.has("lm_head.weight")).toBe(false);

  expect(lenses.map(({ kind }) => kind)).toEqual(["tuned"]);
  const lens = openSafetensors(lenses[0].safetensors);
  expect(lens.tensors.size).toBe(60);
  expect(lens.tensors.get("29.weight")?.shape).toEqual([576, 576]);
});

test("fetchBundled stops at once where it is told to", async () => {
  const reason = new DOMException("stopped", "AbortError");
  const stopped = fetchBundled(() => {}, AbortSignal.abort(reason), { cache: null });
  await expect(stopped).rejects.toBe(reason);
});

test("isBundledAtHand is true on localhost, else where every part and lens is cached; it fetches nothing", async () => {
  const fetched = vi.spyOn(globalThis, "fetch");
  const [model] = catalog.models;
  const all = [...model.parts, ...model.lenses[0].files].map(({ sha256 }) => sha256);
  const storageOf = (cached: readonly string[]) => ({
    open: async () =>
      ({
        match: async (key: string) =>
          cached.some((sha256) => key.endsWith(sha256)) ? new Response() : undefined,
      }) as unknown as Cache,
  });
  expect(await isBundledAtHand("lens.localhost", storageOf([]))).toBe(true);
  expect(await isBundledAtHand("lens.example", storageOf(all))).toBe(true);
  for (const missing of all) {
    const others = all.filter((sha256) => sha256 !== missing);
    expect(await isBundledAtHand("lens.example", storageOf(others))).toBe(false);
  }
  expect(fetched).not.toHaveBeenCalled();
  fetched.mockRestore();
});

test("isBundledAtHand is false where the browser has no cache, or one that fails", async () => {
  expect(await isBundledAtHand("lens.example", undefined)).toBe(false);
  const match = () => Promise.reject(new DOMException("", "UnknownError"));
  const fails = { open: async () => ({ match }) as unknown as Cache };
  expect(await isBundledAtHand("lens.example", fails)).toBe(false);
});
