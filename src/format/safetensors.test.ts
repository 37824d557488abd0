import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";

import { FormatError } from "../errors";
import { openSafetensors, openSafetensorsBlob, openShardedSafetensors } from "./safetensors";

// Written by fixtures/make.py with PyTorch and its safetensors package.
const plain = new Uint8Array(readFileSync(join(import.meta.dirname, "fixtures/plain.safetensors")));

/** A file with this header and so many bytes of data. */
function fileOf(header: unknown, dataBytes = 0): Uint8Array {
  const text = new TextEncoder().encode(
    typeof header === "string" ? header : JSON.stringify(header),
  );
  const bytes = new Uint8Array(8 + text.length + dataBytes);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const tensor = (shape: unknown, data_offsets: unknown, dtype: unknown = "F32") => ({
  dtype,
  shape,
  data_offsets,
});

const errorOf = (open: () => unknown) => {
  try {
    open();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
};

test("openSafetensors lists what PyTorch saved, with shapes outermost first", () => {
  const file = openSafetensors(plain);
  expect(file.tensors.get("f32")).toMatchObject({ shape: [2, 3], dtype: "F32" });
  expect(file.tensors.get("scalar")?.shape).toEqual([]);
  expect(file.tensors.get("mask")?.dtype).toBe("BOOL");
  expect(file.metadata.get("format")).toBe("pt");
});

test("read returns float32 bit for bit, at any alignment", () => {
  for (const shift of [0, 1, 2, 3]) {
    const shifted = new Uint8Array(plain.length + shift);
    shifted.set(plain, shift);
    const file = openSafetensors(shifted.subarray(shift));
    expect(file.read("f32")).toEqual(
      new Float32Array([1, -2.5, 3e-39, Number.POSITIVE_INFINITY, 0.1, -0]),
    );
    expect(file.read("scalar")).toEqual(new Float32Array([7]));
    expect(file.read("empty")).toEqual(new Float32Array(0));
  }
});

test("float16 and bfloat16 decode to PyTorch's float32, subnormals and infinities among them", () => {
  const file = openSafetensors(plain);
  for (const name of ["f16", "bf16"]) {
    const values = file.read(name);
    const expected = file.read(`${name}.float32`);
    expect(values.length).toBe(1772);
    values.forEach((value, i) => void expect(value).toBe(expected[i])); // toBe tells −0 from 0
  }
});

test("read hands out arrays of its own", () => {
  const file = openSafetensors(plain);
  file.read("f32").fill(0);
  expect(file.read("f32")[0]).toBe(1);
});

test("readRows decodes the rows that are asked for, in their order", () => {
  const file = openSafetensors(plain);
  const [a, b] = [file.read("f32").slice(0, 3), file.read("f32").slice(3)];
  expect(file.readRows("f32", [1, 0, 1])).toEqual(new Float32Array([...b, ...a, ...b]));
  expect(errorOf(() => file.readRows("f32", [2]))).toBe("Tensor f32 has no row 2: it has 2 rows.");
  expect(errorOf(() => file.readRows("f32", [-1]))).toContain("no row -1");
  expect(errorOf(() => file.readRows("scalar", [0]))).toContain("expected a matrix");
  const wide = openSafetensors(fileOf({ a: tensor([0, 2 ** 50], [0, 0]) }));
  expect(errorOf(() => wide.readRows("a", [0]))).toContain("it has 0 rows");
});

test("readInt32 reads I32 and nothing else", () => {
  const file = openSafetensors(plain);
  expect(file.readInt32("i32")).toEqual(new Int32Array([-1, 2, 2 ** 31 - 1, -(2 ** 31)]));
  expect(errorOf(() => file.readInt32("f32"))).toContain("stored as F32");
});

test("read refuses integers and missing tensors by name", () => {
  const file = openSafetensors(plain);
  expect(errorOf(() => file.read("i32"))).toMatch(/^Tensor i32 is stored as I32.*F16, BF16/);
  expect(errorOf(() => file.read("mask"))).toContain("BOOL");
  expect(errorOf(() => file.read("absent"))).toBe("The file holds no tensor absent.");
  expect(errorOf(() => file.read("toString"))).toContain("no tensor toString");
});

test("every truncation of a file is a FormatError", () => {
  for (let length = 0; length < plain.length; length += length < 900 ? 1 : 997) {
    errorOf(() => openSafetensors(plain.subarray(0, length)));
  }
});

test("a header that does not describe its bytes is refused with the tensor's name", () => {
  const open = (header: unknown, dataBytes = 0) =>
    errorOf(() => openSafetensors(fileOf(header, dataBytes)));
  expect(open({ a: tensor([2], [0, 8]), b: tensor([2], [4, 12]) }, 12)).toContain("b begins at");
  expect(open({ a: tensor([1], [0, 4]), b: tensor([1], [8, 12]) }, 12)).toContain("b begins at");
  expect(open({ a: tensor([1], [0, 4]) }, 8)).toContain("end at byte 4 of 8");
  expect(open({ a: tensor([4], [0, 16]) }, 12)).toMatch(/truncated: a ends at byte 16/);
  expect(open({ a: tensor([3], [0, 8]) }, 8)).toContain("not what its shape");
  expect(open({ a: tensor([2], [8, 0]) }, 8)).toContain("no range");
  expect(open({ a: tensor([-1, -2], [0, 8]) }, 8)).toContain("not what its shape");
  expect(open({ a: tensor([2 ** 40, 2 ** 40], [0, 0]) })).toContain("not what its shape");
  expect(open({ a: tensor(null, [0, 8]) }, 8)).toContain("no dtype, shape and data_offsets");
  expect(open({ a: 7 })).toContain("no dtype, shape and data_offsets");
  expect(open({ a: tensor([32], [0, 34], "Q8_0") }, 34)).toContain("no safetensors file holds");
  expect(open("[]")).toContain("not a JSON object");
  expect(open("{")).toContain("not JSON");
});

test("a name, dtype or shape that no tensor has is refused, and not quoted at length", () => {
  const open = (name: string, entry: unknown) =>
    errorOf(() => openSafetensors(fileOf({ [name]: entry }, 4)));
  expect(open("x".repeat(257), tensor([1], [0, 4]))).toMatch(/too long: x{80}…\.$/);
  expect(open("a", tensor([1], [0, 4], "F".repeat(21)))).toContain("a has no dtype");
  expect(open("a", tensor(Array(17).fill(1), [0, 4]))).toContain("not what its shape");
});

test("names and dtypes are made fit for a sentence", () => {
  const open = (entry: unknown, dataBytes = 8) =>
    openSafetensors(fileOf({ "a\u202e\n. b": entry }, dataBytes));
  const shown = "a\ufffd\ufffd.␣b";
  const cases = [7, tensor([3], [0, 8]), tensor([2], [8, 0]), tensor([2], [4, 12])];
  for (const entry of [...cases, tensor([32], [0, 34], "Q8_0")]) {
    expect(errorOf(() => open(entry))).toContain(shown);
  }
  expect(errorOf(() => open(tensor([1], [4, 8])))).toContain(shown);
  const odd = open(tensor([2], [0, 8], "F\u0000. 3"));
  expect(errorOf(() => odd.read("a\u202e\n. b"))).toContain(`${shown} is stored as F\ufffd.␣3,`);
  expect(errorOf(() => odd.read("c. d"))).toBe("The file holds no tensor c.␣d.");
  expect(errorOf(() => openSafetensors(fileOf("{\u202e")))).not.toMatch(/\p{C}/u);
});

test("a header longer than the format allows is refused before it is read", () => {
  const bytes = new Uint8Array(64);
  new DataView(bytes.buffer).setBigUint64(0, 2n ** 63n, true);
  expect(errorOf(() => openSafetensors(bytes))).toContain("no safetensors file");
  const long = fileOf(`{}${" ".repeat(5_000_000)}`);
  expect(errorOf(() => openSafetensors(long))).toContain("would have 5000002 bytes");
});

test("brackets nested 100,000 deep are refused as any other shape", () => {
  const deep = "[".repeat(100_000) + "]".repeat(100_000);
  const header = `{"a":{"dtype":"F32","shape":[${deep}],"data_offsets":[${deep},1]}}`;
  expect(errorOf(() => openSafetensors(fileOf(header)))).toContain("no range");
});

test("float64 is rounded to the nearest float32", () => {
  const doubles = new Float64Array([0.1, -0, 1e300, 1 + 2 ** -24, 1 + 2 ** -24 + 2 ** -52, 1e-310]);
  const bytes = fileOf({ a: tensor([6], [0, 48], "F64") }, 48);
  bytes.set(new Uint8Array(doubles.buffer), bytes.length - 48);
  const rounded = [Math.fround(0.1), -0, Number.POSITIVE_INFINITY, 1, 1 + 2 ** -23, 0];
  expect([...openSafetensors(bytes).read("a")]).toEqual(rounded);
});

test("openSafetensorsBlob reads what openSafetensors reads, by slices", async () => {
  const blob = new Blob([plain]);
  const read = vi.spyOn(blob, "slice");
  const [file, whole] = [await openSafetensorsBlob(blob), openSafetensors(plain)];
  const dataStart = 8 + Number(new DataView(plain.buffer, plain.byteOffset).getBigUint64(0, true));
  expect(read.mock.calls).toEqual([
    [0, 8],
    [8, dataStart],
  ]);
  expect([...file.metadata]).toEqual([...whole.metadata]);
  expect([...file.tensors.keys()]).toEqual([...whole.tensors.keys()]);
  for (const [name, { shape, dtype }] of whole.tensors) {
    expect(file.tensors.get(name)).toMatchObject({ shape, dtype });
    if (dtype === "I32" || dtype === "BOOL") continue;
    const values = await file.read(name);
    expect(new Uint8Array(values.buffer)).toEqual(new Uint8Array(whole.read(name).buffer));
    const [start, end] = read.mock.lastCall!;
    expect(end! - start!).toBeLessThanOrEqual(values.byteLength);
  }
});

test("openSafetensorsBlob refuses what openSafetensors refuses, in the same words", async () => {
  const errorOfBlob = (bytes: Uint8Array) =>
    openSafetensorsBlob(new Blob([bytes.slice()])).then(
      () => "nothing was thrown",
      (error: Error) => `${error.name}: ${error.message}`,
    );
  const files = [
    fileOf({ a: tensor([4], [0, 16]) }, 12),
    fileOf({ a: tensor([1], [0, 4]), b: tensor([1], [8, 12]) }, 12),
    fileOf("{"),
    new Uint8Array(64).fill(255),
  ];
  for (let length = 0; length < 900; length += 7) files.push(plain.subarray(0, length));
  for (const bytes of files) {
    expect(await errorOfBlob(bytes)).toBe(`FormatError: ${errorOf(() => openSafetensors(bytes))}`);
  }
  const file = await openSafetensorsBlob(new Blob([plain]));
  await expect(file.read("i32")).rejects.toThrow(/^Tensor i32 is stored as I32/);
  await expect(file.read("absent")).rejects.toThrow("The file holds no tensor absent.");
});

test("a sharded index reads each tensor from its own file", () => {
  const a = fileOf({ "x.weight": tensor([1], [0, 4]), other: tensor([1], [4, 8]) }, 8);
  const b = fileOf({ "y.weight": tensor([2, 1], [0, 8]) }, 8);
  new DataView(b.buffer).setFloat32(b.length - 4, 2.5, true);
  const files = new Map([
    ["1.safetensors", a],
    ["2.safetensors", b],
  ]);
  const indexOf = (weight_map: unknown) => JSON.stringify({ metadata: { total: 16 }, weight_map });

  const file = openShardedSafetensors(
    indexOf({ "x.weight": "1.safetensors", "y.weight": "2.safetensors" }),
    files,
  );
  expect([...file.tensors.keys()]).toEqual(["x.weight", "y.weight"]);
  expect(file.read("y.weight")).toEqual(new Float32Array([0, 2.5]));
  expect(file.readRows("y.weight", [1])).toEqual(new Float32Array([2.5]));
  expect(errorOf(() => file.read("other"))).toContain("no tensor other");

  const open = (weightMap: unknown) =>
    errorOf(() => openShardedSafetensors(indexOf(weightMap), files));
  expect(open({ x: "3.safetensors" })).toContain("in 3.safetensors, which is not here");
  expect(open({ x: "1.safetensors" })).toContain("does not hold it");
  expect(open({ x: [[]] })).toContain("does not say which file");
  const long = "x".repeat(50_000);
  for (const weightMap of [{ [long]: 1 }, { x: long }, { [long]: "1.safetensors" }]) {
    expect(open(weightMap).length).toBeLessThan(300);
  }
  expect(open(undefined)).toContain("no weight_map");
  expect(errorOf(() => openShardedSafetensors("<html>", files))).toContain("not JSON");
});
