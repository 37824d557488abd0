import { expect, test, vi } from "vitest";
import { errorOf } from "./formatTesting";
import { openSafetensors } from "./safetensors";
import { openTorch } from "./torch";
import {
  dict,
  fixture,
  integer,
  megabyte,
  open,
  openFixture,
  openPickle,
  storage,
  tensor,
  text,
  tuple,
  zipOf,
} from "./torchTesting";

// What PyTorch reads from its files.
const expected = openSafetensors(fixture("expected.safetensors"));

const bitsOf = (values: Float32Array<ArrayBuffer>) => [...new Uint32Array(values.buffer)];

const files = [...new Set(Array.from(expected.tensors.keys(), (name) => name.split(":")[0]))];

test.each(files)("%s has the numbers that PyTorch reads, bit for bit", async (file) => {
  const source = await openFixture(file);
  for (const [name, { shape }] of expected.tensors) {
    if (!name.startsWith(`${file}:`)) continue;
    const path = name.slice(file.length + 1);
    expect(source.tensors.get(path)?.shape).toEqual(shape);
    expect(bitsOf(await source.read(path))).toEqual(bitsOf(expected.read(name)));
  }
});

test("a state dict is listed in its own order, its _metadata left out", async () => {
  for (const name of ["tuned.pt", "tuned-legacy.pt", "cuda.pt", "deflated.pt", "zip64.pt"]) {
    const { tensors, metadata } = await openFixture(name);
    expect([...tensors.keys()]).toEqual(["0.weight", "0.bias", "1.weight", "1.bias"]);
    expect(tensors.get("0.weight")).toMatchObject({ shape: [4, 4], dtype: "F32" });
    expect(metadata.size).toBe(0);
  }
});

test("a Jacobian lens has its layers by number and the rest as metadata", async () => {
  const { tensors, metadata } = await openFixture("jacobian.pt");
  expect([...tensors.keys()]).toEqual(["J.0", "J.2"]);
  expect(tensors.get("J.2")).toMatchObject({ shape: [4, 4], dtype: "F16" });
  expect(metadata).toEqual(
    new Map<string, unknown>([
      ["n_prompts", 1000],
      ["source_layers", [0, 2]],
      ["d_model", 4],
    ]),
  );
});

test.each(["dtypes.pt", "dtypes-legacy.pt"])(
  "%s lists dtypes that are not read, and refuses them by name",
  async (file) => {
    const source = await openFixture(file);
    const ballast = new Map([
      ["long", "I64"],
      ["int", "I32"],
      ["short", "I16"],
      ["char", "I8"],
      ["byte", "U8"],
      ["bool", "BOOL"],
      ["complex", "C64"],
    ]);
    if (file === "dtypes.pt") ballast.set("float8", "F8_E4M3");
    for (const [name, dtype] of ballast) {
      expect(source.tensors.get(name)?.dtype).toBe(dtype);
      expect(await errorOf(source.read(name))).toContain(`Tensor ${name} is stored as ${dtype}`);
    }
    expect(source.metadata).toEqual(
      new Map<string, unknown>([
        ["dtype", "torch.float16"],
        ["device", "cuda:0"],
        ["size", [2, 3]],
      ]),
    );
  },
);

test("lists within lists and a list by itself go by index", async () => {
  const zeroWeights = tensor(storage("0", 4));
  const { tensors, metadata } = await openPickle(
    `(${zeroWeights}(${zeroWeights}${integer(7)}${tuple(text("a"), "N")}lN${tuple()}l`,
  );
  expect([...tensors.keys()]).toEqual(["0", "1.0"]);
  expect(metadata).toEqual(
    new Map<string, unknown>([
      ["1.1", 7],
      ["1.2", ["a", null]],
      ["2", null],
      ["3", []],
    ]),
  );
});

test("bytes and storages by themselves are left out", async () => {
  const source = await openPickle(
    dict({ bytes: "C\x02hi", alone: storage("0", 4), mixed: tuple("C\0", integer(1)) }),
  );
  expect(source.tensors.size).toBe(0);
  expect(source.metadata).toEqual(new Map([["mixed.1", 1]]));
});

test("a name that is not there is refused, those that every object has among them", async () => {
  const source = await openFixture("tuned.pt");
  expect(await errorOf(source.read("2.weight"))).toBe("The file holds no tensor 2.weight.");
  expect(await errorOf(source.read("toString"))).toContain("no tensor toString");
});

test("read hands out arrays of its own, of shared storages too", async () => {
  for (const name of ["views.pt", "views-legacy.pt", "tuned.pt", "tuned-legacy.pt"]) {
    const source = await openFixture(name);
    for (const path of source.tensors.keys()) {
      if (path === "large") continue;
      const first = await source.read(path);
      const bits = bitsOf(first);
      first.fill(Number.NaN);
      expect(bitsOf(await source.read(path))).toEqual(bits);
    }
  }
});

test("a storage that tensors share is read once while they are read one after another", async () => {
  const blob = new Blob([fixture("views-legacy.pt")]);
  const slice = vi.spyOn(blob, "slice");
  const source = await openTorch(blob, megabyte);
  slice.mockClear();
  for (const path of ["matrix", "row", "transposed", "window"]) await source.read(path);
  expect(slice).toHaveBeenCalledTimes(2); // its count and its numbers
  await source.read("alone");
  await source.read("alone");
  expect(slice).toHaveBeenCalledTimes(6);
});

test("a view of stride 0 is listed whatever its size, and read up to the bound", async () => {
  for (const name of ["views.pt", "views-legacy.pt"]) {
    const source = await openFixture(name);
    expect(source.tensors.get("large")).toMatchObject({ shape: [65536, 65536], dtype: "F32" });
    expect(await errorOf(source.read("large"))).toBe(
      "Tensor large has 17179869184 bytes as float32, and no more than 1048576 are read.",
    );
  }
  const boundless = await open(fixture("views.pt"), Number.MAX_SAFE_INTEGER);
  expect(boundless.tensors.has("large")).toBe(true);
  const source = await openPickle(
    dict({ w: tensor(storage("0", 4), { shape: ["262145"], strides: ["0"] }) }),
  );
  expect(await errorOf(source.read("w"))).toContain("1048580 bytes");
});

test("a tensor of more numbers than there is memory for is refused", async () => {
  const shape = ["4503599627370496"];
  const pickle = dict({ w: tensor(storage("0", 4), { shape, strides: ["0"] }) });
  const source = await openTorch(await zipOf(pickle), Number.MAX_SAFE_INTEGER * 4);
  expect(await errorOf(source.read("w"))).toContain("no memory here");
});

test("a view of a storage that nothing else sees is read as the view that it is", async () => {
  const numbers = String.fromCharCode(...new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer));
  const read = async (options: Parameters<typeof tensor>[1]) => {
    const pickle = dict({ w: tensor(storage("0", 4), options) });
    const source = await openPickle(pickle, { "a/data/0": numbers });
    return [...(await source.read("w"))];
  };
  expect(await read({})).toEqual([1, 2, 3, 4]);
  expect(await read({ shape: ["2"], strides: ["1"] })).toEqual([1, 2]);
  expect(await read({ offset: "2", shape: ["2"], strides: ["1"] })).toEqual([3, 4]);
  expect(await read({ strides: ["1", "2"] })).toEqual([1, 3, 2, 4]);
  expect(await read({ offset: "3", shape: [], strides: [] })).toEqual([4]);
  expect(await read({ offset: "9", shape: ["0", "3"], strides: ["3", "1"] })).toEqual([]);
  // Forth and back along the axis of 1, float64 would lose the place.
  const far = String(Number.MAX_SAFE_INTEGER);
  expect(await read({ offset: "2", shape: ["2", "1"], strides: ["0", far] })).toEqual([3, 3]);
});
