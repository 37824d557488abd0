import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { ShapeError } from "../errors";
import { openSafetensors, openSafetensorsBlob } from "./safetensors";
import { safetensorsBlob } from "./safetensorsWriter";
import type { TensorToSave } from "./torchWriter";

const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());

test("safetensorsBlob writes the file that safetensors.torch writes, byte for byte", async () => {
  // The lens of fixtures/make_saved.py, two layers of width 4: values count up by 1/8 from −8.
  const values = Float32Array.from({ length: 40 }, (_, i) => i / 8 - 8);
  const tensors = new Map<string, TensorToSave>([
    ["0.weight", { shape: [4, 4], values: values.subarray(0, 16) }],
    ["0.bias", { shape: [4], values: values.subarray(16, 20) }],
    ["1.weight", { shape: [4, 4], values: values.subarray(20, 36) }],
    ["1.bias", { shape: [4], values: values.subarray(36, 40) }],
  ]);
  const written = await bytesOf(safetensorsBlob(tensors, { format: "pt" }));
  const expected = readFileSync(join(import.meta.dirname, "fixtures/saved.safetensors"));
  expect(Buffer.from(written)).toEqual(expected);
});

test("safetensorsBlob's file opens here, with names of any kind and metadata of any text", async () => {
  const metadata = { receipt: '{"a":"ü\n"}' };
  const names = ["10", "9", "b", "größer", 'quo"te', "constructor", "__proto__"];
  const tensors = new Map(
    names.map((name, i) => [name, { shape: [1, i], values: new Float32Array(i).fill(i) }]),
  );
  for (let extra = 0; extra < 8; ++extra) {
    const written = await bytesOf(safetensorsBlob(tensors, { ...metadata, x: "x".repeat(extra) }));
    expect(new DataView(written.buffer).getUint32(0, true) % 8).toBe(0);
    const file = openSafetensors(written);
    expect(file.metadata.get("receipt")).toBe(metadata.receipt);
    for (const [name, { shape, values }] of tensors) {
      expect(file.tensors.get(name)?.shape).toEqual(shape);
      expect(file.read(name)).toEqual(values);
    }
  }
});

test("safetensorsBlob's float16 file holds the nearest float16 of each value", async () => {
  const values = Float32Array.of(0.1, -3, 1e-9, 65504);
  const written = await bytesOf(
    safetensorsBlob(new Map([["a", { shape: [2, 2], values }]]), {}, "F16"),
  );
  const file = openSafetensors(written);
  expect(file.tensors.get("a")).toMatchObject({ shape: [2, 2], dtype: "F16" });
  expect([...file.read("a")]).toEqual([0.0999755859375, -3, 0, 65504]); // numpy's float16(0.1)
});

test("safetensorsBlob keeps values of other types, bit for bit", async () => {
  const tensors = new Map([
    ["doubles", { shape: [2], values: Float64Array.of(0.1, -0) }],
    ["ids", { shape: [3], values: Int32Array.of(-1, 0, 2 ** 31 - 1) }],
    ["text", { shape: [2], values: Uint8Array.of(7, 255) }],
  ]);
  const file = await openSafetensorsBlob(safetensorsBlob(tensors, {}));
  const { buffer } = await file.readBytes("doubles");
  expect(new Float64Array(buffer)).toEqual(Float64Array.of(0.1, -0));
  expect(new Int32Array((await file.readBytes("ids")).buffer)).toEqual(tensors.get("ids")!.values);
  expect(await file.readBytes("text")).toEqual(Uint8Array.of(7, 255));
  expect(Array.from(file.tensors.values(), ({ dtype }) => dtype)).toEqual(["F64", "I32", "U8"]);
});

test("safetensorsBlob refuses values that are not as many as the shape holds", () => {
  const tensors = new Map([["a", { shape: [2, 2], values: new Float32Array(3) }]]);
  expect(() => safetensorsBlob(tensors, {})).toThrow(ShapeError);
});
