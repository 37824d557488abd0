import { zipSync } from "fflate";
import { describe, expect, test, vi } from "vitest";

import { errorOf, fixture } from "./formatTesting";
import { openNpz } from "./npz";
import { openSafetensors } from "./safetensors";
import { deflatedZeros, joined, record, zipOf } from "./zipTesting";

// Written by fixtures/make_npz.py with numpy, the float32 values among them.
const expected = openSafetensors(fixture("arrays.safetensors"));

const open = (bytes: Uint8Array, maxBytes = 1e6) => openNpz(new Blob([bytes.slice()]), maxBytes);

const utf8 = (text: string) => new TextEncoder().encode(text);

/** A `.npy` with this header, as version 2 has it, and so many bytes of data. */
function npyOf(header: string, dataBytes = 0, length = utf8(header).length): Uint8Array {
  const bytes = new Uint8Array(12 + utf8(header).length + dataBytes);
  bytes.set([0x93, ...utf8("NUMPY"), 2, 0]);
  new DataView(bytes.buffer).setUint32(8, length, true);
  bytes.set(utf8(header), 12);
  return bytes;
}

/** The error of a file with one array, `a`. */
const refusal = (npy: Uint8Array) => errorOf(open(zipSync({ "a.npy": npy })));

const dict = (shape: string, descr = "'<f4'", order = "False") =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

describe.each(["arrays.npz", "arrays-deflated.npz"])("%s", (name) => {
  test("has numpy's arrays by name, with shapes and dtypes, those that are not read among them", async () => {
    const { tensors, metadata } = await open(fixture(name));
    const listed = Array.from(tensors, ([key, { shape, dtype }]) => [key, dtype, ...shape]);
    expect(listed).toEqual([
      ["f2", "F16", 2, 3],
      ["f4", "F32", 2, 3],
      ["f8", "F64", 2, 4],
      ["fortran", "F32", 3, 5],
      ["fortran3", "F64", 2, 3, 4],
      ["scalar", "F32"],
      ["empty", "F32", 0, 3],
      ["zeros", "F16", 16, 16],
      ["0.weight", "F32", 2, 2],
      ["größe", "F32", 2],
      ["big", ">f4", 2],
      ["object", "|O", 2],
      ["text", "<U4"],
      ["int", "<i8", 2],
    ]);
    expect(metadata.size).toBe(0);
  });

  test.each([...expected.tensors.keys()])(
    "read returns %s as numpy's float32, row-major",
    async (key) => {
      const file = await open(fixture(name));
      const values = await file.read(key);
      expect(file.tensors.get(key)?.shape).toEqual(expected.tensors.get(key)?.shape);
      expect(bitsOf(values)).toEqual(bitsOf(expected.read(key)));
    },
  );

  test.each([
    ["big", ">f4"],
    ["object", "|O"],
    ["text", "<U4"],
    ["int", "<i8"],
  ])("read refuses %s, which is %s, by name", async (key, dtype) => {
    const file = await open(fixture(name));
    expect(await errorOf(file.read(key))).toBe(
      `Tensor ${key} is stored as ${dtype}, which is not read here; little-endian float16, float32 and float64 are. Save it with .astype("<f4").`,
    );
  });

  test("read refuses what is not there", async () => {
    const file = await open(fixture(name));
    expect(await errorOf(file.read("f2.npy"))).toBe("The file holds no tensor f2.npy.");
    expect(await errorOf(file.read("toString"))).toContain("no tensor toString");
  });
});

const bitsOf = (values: Float32Array<ArrayBuffer>) => [...new Uint32Array(values.buffer)];

test("read hands out arrays of its own", async () => {
  const file = await open(fixture("arrays.npz"));
  (await file.read("f4")).fill(0);
  expect((await file.read("f4"))[0]).toBeCloseTo(0.1);
  expect((await file.read("f4")).buffer.byteLength).toBe(24);
});

test.each(["v1", "v2", "v3"])("a header of version %s is read", async (key) => {
  const file = await open(fixture("versions.npz"));
  expect(bitsOf(await file.read(key))).toEqual(bitsOf(expected.read("f4")));
});

test("an array of records is refused by name", async () => {
  expect(await errorOf(open(fixture("records.npz")))).toBe(
    "a has records of several fields, which are not read here. Save each field as an array.",
  );
});

test("what is no array is passed over, a Mac's own files among it", async () => {
  const npy = npyOf(dict("(1,)"), 4);
  const zip = zipSync({
    "a.npy": npy,
    "README.txt": utf8("x"),
    "__MACOSX/._a.npy": utf8("Mac OS X"),
  });
  expect([...(await open(zip)).tensors.keys()]).toEqual(["a"]);
  expect(await errorOf(open(zipSync({ "params.pt": npy })))).toBe(
    "This is no .npz: the zip archive holds no .npy array.",
  );
});

test("the header is Python as numpy writes it, in any order of its keys", async () => {
  for (const header of [
    dict("(2, 3)"),
    `{"shape":(2,3),"fortran_order":False,"descr":"=f4"}`,
    `  { 'fortran_order' :False , 'shape': ( 2 , 3 , ) ,'descr': '|f4',}   \n`,
    dict("(2, 3)") + " ".repeat(5000),
  ]) {
    const file = await open(zipSync({ "a.npy": npyOf(header, 24) }));
    expect(file.tensors.get("a")).toMatchObject({ shape: [2, 3], dtype: "F32" });
  }
});

test("a header that numpy does not write is refused", async () => {
  const unlike = [
    "",
    "{",
    "[]",
    "{,}",
    dict("(2 3)"),
    dict("(2,,3)"),
    dict("(,)"),
    dict("(-2, 3)"),
    dict("(6)"),
    dict("6"),
    dict("(2, 3)", "f4"),
    dict("(2, 3)", "'<f4\\x00'"),
    dict("(2, 3)", "'<f4'", "0"),
    dict("(2, 3)", "'<f4'", "__import__('os')"),
    `${dict("(2, 3)")}x`,
    `{'descr': '<f4' 'fortran_order': False, 'shape': (2, 3)}`,
    `{'descr': '<f4'x'fortran_order': False, 'shape': (2, 3)}`,
    `{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}`,
  ];
  for (const header of unlike) {
    expect(await refusal(npyOf(header, 24))).toBe(
      "a is damaged: its header is not one that numpy writes.",
    );
  }
  for (const header of [
    "{}",
    dict("(2, 3)").replace("shape", "size"),
    dict("(2, 3)").replace("}", "'x': 'y'}"),
    dict("'(2, 3)'"),
    dict("(2, 3)", "(4,)"),
  ]) {
    expect(await refusal(npyOf(header, 24))).toContain("descr, fortran_order and shape, and those");
  }
});

test("a dtype that numpy does not write is refused, one of ours among them", async () => {
  expect(await refusal(npyOf(dict("(1,)", "'F32'"), 4))).toBe(
    "a is damaged: numpy has no dtype F32.",
  );
  expect(await refusal(npyOf(dict("(1,)", "''"), 4))).toContain("numpy has no dtype");
  const long = npyOf(dict("(1,)", `'<${"V".repeat(5000)}'`), 4);
  expect(await refusal(long)).toMatch(/numpy has no dtype <V{79}…\.$/);
});

test("names are made fit for a sentence", async () => {
  const of = (npy: Uint8Array) => errorOf(open(zipSync({ "a\u202e. b.npy": npy })));
  const shown = "a\ufffd.␣b";
  const records = dict("(1,)", "[('x', '<f4')]");
  for (const npy of [utf8(""), npyOf(dict("(2,)"), 4), npyOf("{"), npyOf(records)]) {
    expect(await of(npy)).toMatch(new RegExp(`^${shown} `, "u"));
  }
  const integers = await open(zipSync({ "a\u202e. b.npy": npyOf(dict("(1,)", "'<i4'"), 4) }));
  expect(await errorOf(integers.read("a\u202e. b"))).toMatch(
    new RegExp(`^Tensor ${shown} is`, "u"),
  );
});

test("a shape that no array has, or that asks for other bytes, is refused", async () => {
  expect(await refusal(npyOf(dict("(2, 3)"), 20))).toBe(
    "a is damaged: it is F32 of shape [2, 3], which are 24 bytes, and has 20.",
  );
  expect(await refusal(npyOf(dict("(2, 3)"), 28))).toContain("and has 28");
  expect(await refusal(npyOf(dict(`(${2 ** 40},)`), 4))).toContain("and has 4");
  expect(await refusal(npyOf(dict(`(${2 ** 40}, ${2 ** 40})`)))).toContain("none that an array");
  expect(await refusal(npyOf(dict(`(${"9".repeat(400)},)`)))).toContain("none that an array");
  expect(await refusal(npyOf(dict(`(${"1,".repeat(65)})`), 4))).toContain("none that an array");
});

test("a file that is no .npy, or of a version to come, is refused", async () => {
  expect(await refusal(utf8(""))).toBe("a is no .npy array.");
  expect(await refusal(npyOf("").slice(0, 11))).toBe("a is no .npy array.");
  const next = npyOf(dict("(1,)"), 4);
  next[6] = 4;
  expect(await refusal(next)).toContain("of version 4; 1, 2 and 3 are read here");
  expect(await refusal(npyOf(dict("(1,)"), 4, 200))).toContain("its header does not end");
  expect(await refusal(npyOf(dict("(1,)"), 4, 4e9))).toContain("would have 4000000000 bytes");
});

test("every truncation is refused, and a changed byte of the data", async () => {
  const bytes = fixture("arrays-deflated.npz");
  for (let length = 0; length < bytes.length; length += 13) {
    await errorOf(open(bytes.subarray(0, length)));
  }
  const changed = fixture("arrays.npz");
  changed[30 + 6 + 20 + 128 + 2] ^= 1; // behind the first local header and the array's own
  expect(await errorOf((await open(changed)).read("f2"))).toContain("its checksum is not");
});

test("opening a bomb reads and unpacks its headers only, and reading it refuses its size", async () => {
  const header = npyOf(dict(`(${1000 * 2 ** 20},)`));
  const stored = [record([2, header.length], [2, 0xffff ^ header.length]), header];
  const data = joined([new Uint8Array(1), ...stored, deflatedZeros(4000)]);
  const size = header.length + 4000 * 2 ** 20;
  const blob = new Blob([zipOf([{ name: "a.npy", data, method: 8, size }]).slice()]);
  const read = vi.spyOn(blob, "slice");
  const file = await openNpz(blob, 1e9);
  expect(file.tensors.get("a")).toMatchObject({ shape: [1000 * 2 ** 20], dtype: "F32" });
  const mostAtOnce = Math.max(...read.mock.calls.map(([start, end]) => end! - start!));
  expect(mostAtOnce).toBe(2 ** 16 + 21); // where the end of the directory is looked for
  expect(await errorOf(file.read("a"))).toContain(`a.npy unpacks to ${size} bytes`);
});

test("more arrays than any lens has are refused", async () => {
  const npy = npyOf(dict("(1,)"), 4);
  const files = Array.from({ length: 1001 }, (_, i) => ({ name: `${i}.npy`, data: npy }));
  expect(await errorOf(open(zipOf(files)))).toContain("more than 1000 arrays");
});
