import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { describe, expect, test } from "vitest";

import { ShapeError } from "../errors";
import { elementCount } from "./tensorFile";
import { type TensorToSave, torchBlob } from "./torchWriter";

// Written by fixtures/make_saved.py with PyTorch 2.13.
const fixture = (name: string) => readFileSync(join(import.meta.dirname, "fixtures", name));
const digests: Record<string, string> = JSON.parse(fixture("saved.json").toString());

/** The script's lens: weights and biases that count up by 1/8 from −8. */
function lensOf(layers: number, width: number): Map<string, TensorToSave> {
  const tensors = new Map<string, TensorToSave>();
  let next = 0;
  const add = (name: string, shape: number[]) => {
    const values = Float32Array.from({ length: elementCount(shape) }, () => next++ / 8 - 8);
    tensors.set(name, { shape, values });
  };
  for (let layer = 0; layer < layers; ++layer) {
    add(`${layer}.weight`, [width, width]);
    add(`${layer}.bias`, [width]);
  }
  return tensors;
}

const zeros = (entries: [name: string, shape: number[]][]) =>
  new Map(
    entries.map(([name, shape]) => [
      name,
      { shape, values: new Float32Array(elementCount(shape)) },
    ]),
  );
const ones = (count: number) =>
  zeros(Array.from({ length: count }, (_, i): [string, number[]] => [`${i}.bias`, [1]]));

const unzip = async (blob: Blob) => unzipSync(new Uint8Array(await blob.arrayBuffer()));

test("torchBlob writes the pickle that torch.save writes, byte for byte", async () => {
  const files = await unzip(await torchBlob(lensOf(2, 4)));
  expect(Buffer.from(files["params/data.pkl"])).toEqual(fixture("saved.pkl"));
});

describe("torchBlob writes torch.save's pickle of", () => {
  test.each([
    ["40 layers of width 300", lensOf(40, 300)], // memo past 255, counts past 65,535
    ["1000 tensors", ones(1000)],
    ["1001 tensors", ones(1001)],
    ["one tensor", zeros([["weight", [2, 2]]])],
    ["no tensors", zeros([])],
    [
      "other shapes",
      zeros([
        ["scalar", []],
        ["empty", [3, 0]],
        ["emptier", [0, 3]],
        ["three", [2, 3, 4]],
        ["five", [1, 2, 3, 4, 5]],
        ["größer", [2]],
        ["storage", [2]],
        ["weight\n", [2]],
      ]),
    ],
  ])("%s", async (name, tensors) => {
    const files = await unzip(await torchBlob(tensors));
    const digest = createHash("sha256").update(files["params/data.pkl"]).digest("hex");
    expect(digest).toBe(digests[name]);
  });
});

test("torchBlob stores each tensor's bytes under its number, beside version and byte order", async () => {
  const tensors = lensOf(2, 4);
  const files = await unzip(await torchBlob(tensors, "lens"));
  expect(Object.keys(files)).toEqual([
    "lens/data.pkl",
    "lens/byteorder",
    "lens/data/0",
    "lens/data/1",
    "lens/data/2",
    "lens/data/3",
    "lens/version",
  ]);
  [...tensors.values()].forEach(({ values }, i) => {
    expect(new Float32Array(files[`lens/data/${i}`].slice().buffer)).toEqual(values);
  });
  expect(new TextDecoder().decode(files["lens/byteorder"])).toBe("little");
  expect(new TextDecoder().decode(files["lens/version"])).toBe("3\n");
});

test("torchBlob saves the part of a buffer that a tensor's values are", async () => {
  const values = Float32Array.of(1, 2, 3, 4).subarray(1, 3);
  const files = await unzip(await torchBlob(new Map([["a", { shape: [2], values }]])));
  expect(new Float32Array(files["params/data/0"].slice().buffer)).toEqual(Float32Array.of(2, 3));
});

test("torchBlob refuses values that are not as many as the shape holds", async () => {
  const tensors = new Map([["0.bias", { shape: [3], values: new Float32Array(4) }]]);
  const error = await torchBlob(tensors).catch((reason: unknown) => reason);
  expect(error).toEqual(new ShapeError("0.bias", [3], "one of 4 values"));
});
