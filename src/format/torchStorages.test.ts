import { expect, test, vi } from "vitest";

import { createStorageReader } from "./torchStorages";
import type { StridedTensor, TorchStorage } from "./torchTensor";

const storage = (key: string, sizeBytes: number): TorchStorage => ({
  key,
  dtype: { name: "F32", itemBytes: 4 },
  sizeBytes,
});
const weights = storage("0", 64);
const biases = storage("1", 16);
const tensors = new Map(
  ["0.weight", "0.bias", "1.weight", "1.bias", "2.weight", "2.bias"].map((name) => {
    const of = name.endsWith("weight") ? weights : biases;
    return [name, { storage: of } as StridedTensor];
  }),
);

async function readAll(maxBytes: number, times = 1): Promise<string[]> {
  const readStorage = vi.fn(async (of: TorchStorage) => new Uint8Array(of.sizeBytes));
  const contents = { value: null, pickleBytes: 0, readStorage };
  const reader = createStorageReader(contents, tensors, maxBytes);
  for (let i = 0; i < times; ++i) {
    for (const [name, { storage }] of tensors) {
      expect((await reader.read(name, storage)).length).toBe(storage.sizeBytes);
    }
  }
  return readStorage.mock.calls.map(([{ key }]) => key);
}

test("storages of which tensors take turns are read once each", async () => {
  expect(await readAll(80)).toEqual(["0", "1"]);
});

test("a storage that there is no room for is read as often as it is needed", async () => {
  expect(await readAll(64)).toEqual(["0", "1", "1", "1"]);
  expect(await readAll(0)).toEqual(["0", "1", "0", "1", "0", "1"]);
});

test("nothing is kept once each tensor was read", async () => {
  expect((await readAll(80, 2)).length).toBe(2 + 6);
});

test("a storage with one tensor is its own, and is not kept", async () => {
  const readStorage = vi.fn(async () => new Uint8Array(64));
  const own = new Map([["w", { storage: weights } as StridedTensor]]);
  const reader = createStorageReader({ value: null, pickleBytes: 0, readStorage }, own, 100);
  expect(reader.isAlone(weights)).toBe(true);
  expect(await reader.read("w", weights)).not.toBe(await reader.read("w", weights));
});
