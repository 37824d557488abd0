import { describe, expect, test } from "vitest";

import { fixture, errorOf as formatErrorOf } from "./formatTesting";
import { openGguf } from "./gguf";
import { openSafetensors } from "./safetensors";

// Written by fixtures/make.py with the gguf package, the decoded values among them.
const quantised = fixture("quantised.gguf");
const decoded = openSafetensors(fixture("quantised.safetensors"));

type Value = string | bigint | readonly number[];

/** A GGUF file: strings, uint64s and float32 arrays as metadata; F32 tensors unless `type` says other. */
function ggufOf({
  metadata = [] as readonly (readonly [string, Value])[],
  tensors = [] as readonly { name: string; shape: bigint[]; type?: number; offset?: bigint }[],
  data = 0,
  magic = "GGUF",
  version = 3,
  tensorCount = BigInt(tensors.length),
  kvCount = BigInt(metadata.length),
}): Uint8Array {
  const bytes: number[] = [];
  const push = (size: number, set: (view: DataView) => void) => {
    const view = new DataView(new ArrayBuffer(size));
    set(view);
    bytes.push(...new Uint8Array(view.buffer));
  };
  const u32 = (value: number) => push(4, (view) => view.setUint32(0, value, true));
  const u64 = (value: bigint) => push(8, (view) => view.setBigUint64(0, value, true));
  const f32 = (value: number) => push(4, (view) => view.setFloat32(0, value, true));
  const text = (value: string) => {
    const utf8 = new TextEncoder().encode(value);
    u64(BigInt(utf8.length));
    bytes.push(...utf8);
  };
  bytes.push(...new TextEncoder().encode(magic));
  u32(version);
  u64(tensorCount);
  u64(kvCount);
  for (const [key, value] of metadata) {
    text(key);
    if (typeof value === "string") {
      u32(8);
      text(value);
    } else if (typeof value === "bigint") {
      u32(10);
      u64(value);
    } else {
      u32(9);
      u32(6);
      u64(BigInt(value.length));
      value.forEach(f32);
    }
  }
  for (const { name, shape, type = 0, offset = 0n } of tensors) {
    text(name);
    u32(shape.length);
    shape.forEach(u64);
    u32(type);
    u64(offset);
  }
  while (bytes.length % 32 !== 0) bytes.push(0);
  return new Uint8Array([...bytes, ...new Uint8Array(data)]);
}

const errorOf = (bytes: Uint8Array) => formatErrorOf(openGguf(bytes));

describe.each(["F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q4_K", "Q5_K", "Q6_K"])(
  "%s",
  (name) => {
    test("read returns what the gguf package decodes, bit for bit", async () => {
      const file = await openGguf(quantised);
      expect(file.tensors.get(name)).toMatchObject({ shape: [3, 256], dtype: name });
      expect(bitsOf(file.read(name))).toEqual(bitsOf(decoded.read(name)));
    });

    test("readRows decodes single rows", async () => {
      const file = await openGguf(quantised);
      const rows = file.readRows(name, new Int32Array([2, 0]));
      expect(bitsOf(rows)).toEqual(bitsOf(decoded.readRows(name, [2, 0])));
    });
  },
);

const bitsOf = (values: Float32Array<ArrayBuffer>) => [...new Uint32Array(values.buffer)];

test("a type that is not read is listed, and refused by name with those that are", async () => {
  const file = await openGguf(quantised);
  expect(file.tensors.get("Q2_K")?.dtype).toBe("Q2_K");
  expect(() => file.read("Q2_K")).toThrow(
    "Tensor Q2_K is stored as Q2_K, which is not read here; F32, F16, BF16, F64, Q8_0, Q4_0, Q4_1, Q4_K, Q5_K, Q6_K are.",
  );
});

test("metadata keeps strings, arrays, and 64-bit integers as numbers where they fit", async () => {
  const { metadata } = await openGguf(
    ggufOf({
      metadata: [
        ["general.name", "naïve"],
        ["a.count", 42n],
        ["a.large", 2n ** 60n],
        ["a.floats", [0.5, 2]],
      ],
    }),
  );
  expect(metadata.get("general.name")).toBe("naïve");
  expect(metadata.get("a.count")).toBe(42);
  expect(metadata.get("a.large")).toBe(2n ** 60n);
  expect(metadata.get("a.floats")).toEqual([0.5, 2]);
});

test("shapes come outermost first", async () => {
  const file = await openGguf(ggufOf({ tensors: [{ name: "a", shape: [3n, 2n] }], data: 24 }));
  expect(file.tensors.get("a")?.shape).toEqual([2, 3]);
});

test("another kind of file is no GGUF file", async () => {
  expect(await errorOf(new Uint8Array(0))).toContain("does not begin with GGUF");
  expect(await errorOf(new TextEncoder().encode("<!doctype html>"))).toContain("no GGUF file");
  expect(await errorOf(ggufOf({ version: 9 }))).toContain("unsupported version");
});

test("every truncation of a file is a FormatError that says so", async () => {
  for (let length = 4; length < quantised.length; length += length < 800 ? 7 : 499) {
    expect(await errorOf(quantised.subarray(0, length))).toMatch(/truncated|unsupported version/);
  }
});

test("counts and lengths that the file only claims are refused", async () => {
  expect(await errorOf(ggufOf({ tensorCount: 2n ** 62n }))).toContain("exceeds maximum");
  expect(await errorOf(ggufOf({ kvCount: 2n ** 62n }))).toContain("exceeds maximum");
  expect(await errorOf(ggufOf({ tensorCount: 9_000_000n }))).toContain("truncated");
  expect(await errorOf(ggufOf({ kvCount: 90_000n }))).toMatch(/truncated|damaged/);
  const shape = [2n ** 31n, 2n ** 31n];
  expect(await errorOf(ggufOf({ tensors: [{ name: "a", shape }] }))).toMatch(/truncated|damaged/);
});

test("a tensor past the end of the file is refused by name", async () => {
  const past = ggufOf({ tensors: [{ name: "a", shape: [8n], offset: 32n }], data: 60 });
  expect(await errorOf(past)).toBe(
    "The GGUF file is truncated: a ends at byte 64 of the data, which has 60.",
  );
  const far = ggufOf({ tensors: [{ name: "a", shape: [8n], offset: 2n ** 63n }], data: 60 });
  expect(await errorOf(far)).toContain("truncated");
});

test("a name that is there twice is refused, of a tensor or of a metadata key", async () => {
  const twice = { name: "a", shape: [1n] };
  expect(await errorOf(ggufOf({ tensors: [twice, twice], data: 4 }))).toContain("tensor a twice");
  const metadata = [["k", 1n] as const, ["k", 2n] as const];
  expect(await errorOf(ggufOf({ metadata }))).toContain("key twice");
});

test("names that no file has are refused, and not quoted at length", async () => {
  const tensors = [{ name: "x".repeat(257), shape: [1n] }];
  expect(await errorOf(ggufOf({ tensors, data: 4 }))).toMatch(/too long: x{80}…\.$/);
  const wide = [{ name: "x".repeat(50_000), shape: [2n ** 40n] }];
  expect((await errorOf(ggufOf({ tensors: wide }))).length).toBeLessThan(300);
});

test("rows that are no whole number of blocks are refused", async () => {
  const bytes = ggufOf({ tensors: [{ name: "a", shape: [33n], type: 8 }], data: 68 });
  expect(await errorOf(bytes)).toContain("a is Q8_0 of shape [33]");
});

test("a key that a JavaScript object cannot hold is refused", async () => {
  const metadata = [["__proto__", [1]] as const];
  expect(await errorOf(ggufOf({ metadata }))).toContain("damaged");
});

test("an alignment that is no positive integer is refused", async () => {
  const metadata = [["general.alignment", "x"] as const];
  expect(await errorOf(ggufOf({ metadata }))).toContain("alignment");
});
