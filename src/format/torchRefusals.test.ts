import { describe, expect, test } from "vitest";
import { errorOf } from "./formatTesting";
import { openTorch } from "./torch";
import {
  bytesOf,
  dict,
  fixture,
  integer,
  megabyte,
  open,
  openFixture,
  openPickle,
  refusalOf,
  storage,
  tensor,
  text,
  tuple,
} from "./torchTesting";
import { zipBlob } from "./zipWriter";

test("files that ask for code are refused by its name, and nothing runs", async () => {
  expect(await errorOf(openFixture("hostile-system.pt"))).toContain(
    "asks Python for posix.system, which no lens needs: nothing was run",
  );
  expect(await errorOf(openFixture("hostile-eval.pt"))).toContain("__builtin__.eval");
  expect(await errorOf(openFixture("hostile-plain.pkl"))).toContain("posix.system");
  expect(await errorOf(openFixture("torchscript.pt"))).toMatch(/^This is a TorchScript file/);
});

test("a tensor that reaches outside its storage is refused by name", async () => {
  expect(await errorOf(openFixture("absurd-shape.pt"))).toContain("Tensor w is damaged");
  expect(await errorOf(openFixture("absurd-offset.pt"))).toBe(
    "Tensor w is damaged: it reaches number 5 of a storage that holds 4.",
  );
  expect(await errorOf(openFixture("absurd-stride.pt"))).toContain("describe no tensor");
  expect(await errorOf(openFixture("absurd-storage.pt"))).toBe(
    "The file is damaged: its data/0 has 16 bytes, and should have 4398046511104.",
  );

  const reached = (options: Parameters<typeof tensor>[1]) =>
    refusalOf(dict({ w: tensor(storage("0", 4), options) }));
  expect(await reached({ offset: "1" })).toContain("reaches number 5");
  expect(await reached({ strides: ["3", "1"] })).toContain("reaches number 5");
  expect(await reached({ strides: ["9007199254740991", "1"] })).toContain("reaches number");
  expect(await reached({ shape: ["2", "2", "2"] })).toContain("describe no tensor");
  expect(await reached({ shape: ["-1", "2"] })).toContain("describe no tensor");
  expect(await reached({ shape: ["99999999999999999999", "2"] })).toContain("describe no tensor");
  expect(await reached({ offset: "-1" })).toContain("describe no tensor");
  expect(await reached({ shape: Array(17).fill("1") })).toContain("at most 16 axes");
});

test("shapes that a pickle goes on to change are those that were checked", async () => {
  const grown = `(${tensor(storage("0", 4)).replace(tuple(integer(2), integer(2)), `(${integer(2)}${integer(2)}lp0\n`)}g0\n${integer(9)}al`;
  const { tensors } = await openPickle(grown);
  expect(tensors.get("0")?.shape).toEqual([2, 2]);
});

test("a storage that is not what the tensors take it for is refused", async () => {
  expect(await refusalOf(dict({ w: tensor(storage("1", 4)) }))).toBe(
    "The file is damaged: its data/1 is missing, and should have 16 bytes.",
  );
  expect(await refusalOf(dict({ w: tensor(storage("0", 3), { shape: ["1", "1"] }) }))).toContain(
    "its data/0 has 16 bytes, and should have 12",
  );
  const asHalves = tensor(storage("0", 8, "torch\nHalfStorage"));
  expect(await refusalOf(dict({ a: tensor(storage("0", 4)), b: asHalves }))).toContain(
    "the storage 0 is two things",
  );
  expect(await refusalOf(dict({ w: tensor(storage("0", -4)) }))).toContain("tensor's storage");
  expect(await refusalOf(dict({ w: tensor(storage("0", 4, "torch\nSize")) }))).toContain(
    "tensor's storage",
  );
  expect(await refusalOf(dict({ w: `${tuple(text("module"), "N")}Q` }))).toContain(
    "tensor's storage",
  );
  expect(await refusalOf(dict({ w: "P0\n" }))).toContain("tensor's storage");
  expect(await refusalOf(dict({ w: storage("0".repeat(101), 4) }))).toContain("tensor's storage");
  expect(await refusalOf(dict({ w: tensor(integer(7)) }))).toContain("no storage");
  const part = (...numbers: number[]) =>
    `${tuple(text("storage"), "ctorch\nFloatStorage\n", text("0"), "N", integer(4), tuple("N", ...numbers.map(integer)))}Q`;
  expect((await openPickle(dict({ w: tensor(part(0, 4)) }))).tensors.size).toBe(1);
  expect(await refusalOf(dict({ w: tensor(part(1, 4)) }))).toContain("a part of the storage 0");
  expect(await refusalOf(dict({ w: tensor(part(0, 3)) }))).toContain(
    "number 4 of a storage that holds 3",
  );
});

test("tensors that are made of something else are refused", async () => {
  const made = (name: string, ...args: string[]) =>
    refusalOf(dict({ w: `c${name}\n${tuple(...args)}R` }));
  expect(await made("torch._utils\n_rebuild_parameter", integer(7))).toContain("no tensor");
  const type = "torch._tensor\n_rebuild_from_type_v2";
  // A call within a call within a call …: the inner one may only make a tensor.
  const inner = tuple("ctorch._utils\n_rebuild_parameter\n", "N", tuple(tensor(storage("0", 4))));
  expect(await made(type, `c${type}\n`, "N", inner)).toContain("made of something else");
  expect((await openPickle(dict({ w: `c${type}\n${inner}R` }))).tensors.size).toBe(1);
  const scalar = [storage("0", 4), integer(0), tuple(), tuple(), "\x89", "N"];
  expect(await made("torch._utils\n_rebuild_tensor_v3", ...scalar, "N")).toContain("no dtype");
  expect(await made("collections\nOrderedDict", tuple())).toContain("made of something else");
  expect(await made("torch\ndevice", text("x".repeat(21)))).toContain("no name");
  expect(await made("torch\nFloatStorage")).toContain("no function");
});

test("a view that negates is refused", async () => {
  expect(await errorOf(openFixture("negated.pt"))).toContain("resolve_neg()");
});

test("two things by one path are refused", async () => {
  const nested = dict({ "a.b": "N", a: dict({ b: "N" }) });
  expect(await refusalOf(nested)).toBe("The file holds two things by the name a.b.");
  const numbered = `}${integer(1)}Ns${text("1")}${tensor(storage("0", 4))}s`;
  expect(await refusalOf(numbered)).toContain("two things by the name 1");
});

test("a tensor or a number by itself is refused with what to save", async () => {
  expect(await refusalOf(tensor(storage("0", 4)))).toContain("holds no dict of tensors by name");
  expect(await refusalOf(integer(7))).toContain("torch.save(lens.state_dict()");
});

test("dicts are nested to a depth of 100 and no further, in themselves too", async () => {
  const nested = (depth: number) => `${`}${text("k")}`.repeat(depth)}N${"s".repeat(depth)}`;
  expect([...(await openPickle(nested(100))).metadata.values()]).toEqual([null]);
  expect(await refusalOf(nested(101))).toContain("nested more than 100 deep");
  expect(await refusalOf(nested(30_000))).toContain("nested more than 100 deep");
  const inItself = `(${"N".repeat(100)}lp0\ng0\na`;
  expect(await refusalOf(inItself)).toContain("unfold to far more than it holds");
  const once = `]p0\ng0\na${"N0".repeat(200)}`;
  expect(await refusalOf(once)).toContain("nested more than 100 deep");
});

test("lists that unfold to billions are refused within a moment", async () => {
  const doubled = Array.from({ length: 90 }, (_, i) => `p${i}\n0(g${i}\ng${i}\nl`).join("");
  expect(await refusalOf(`${dict({})}${doubled}`)).toContain("unfold to far more than it holds");
  const plain = `(${"N".repeat(1000)}lp0\n0(${"g0\n".repeat(1000)}l`;
  expect(await refusalOf(plain)).toContain("unfold to far more than it holds");
});

test("names that are too long are refused", async () => {
  const key = "k".repeat(257);
  expect(await refusalOf(dict({ [key]: "N" }))).toContain("a name that is too long: kkk");
});

test("more paths than any lens has are refused", async () => {
  const shared = `(${"]".repeat(1000)}lp0\n`;
  expect(
    await refusalOf(`(${shared}${`g0\n${"X\x05\0\0\0dummy0".repeat(150)}`.repeat(101)}l`),
  ).toContain("more than 100000 things");
});

test("other archives are refused as what they are", async () => {
  const zip = (names: string[]) =>
    zipBlob(names.map((name) => ({ name, data: [bytesOf("}.")] }))).then((blob) =>
      errorOf(openTorch(blob, megabyte)),
    );
  expect(await zip(["a/other"])).toContain("it holds no file data.pkl.");
  for (const name of ["data.pkl", "a/b/data.pkl"]) {
    expect(await zip([name])).toContain("its data.pkl is not in a folder at its top. If it was");
  }
  expect(await zip(["data.pkl", "a/b/data.pkl"])).toContain("holds 2 files data.pkl");
  expect(await zip(["a/data.pkl", "b/data.pkl"])).toContain("holds 2 files data.pkl");
  expect(await zip(["a/data.pkl", "a/constants.pkl"])).toContain("TorchScript");
  expect(await refusalOf(dict({}), { "a/byteorder": "big" })).toContain("not little-endian");
  expect((await openPickle(dict({}), { "a/byteorder": "little" })).tensors.size).toBe(0);

  const tar = new Uint8Array(1024);
  tar.set(bytesOf("pickle"));
  tar.set(bytesOf("ustar"), 257);
  expect(await errorOf(open(tar))).toMatch(/^This is a tar archive/);
  expect(await errorOf(open(bytesOf("{}")))).toMatch(/^This is no file of torch.save/);
  expect(await errorOf(open(new Uint8Array(0)))).toMatch(/^This is no file of torch.save/);
  expect(await errorOf(open(bytesOf("\x80\x02}.")))).toMatch(/^This is a pickle, and no file/);
});

test("a pickle of more than 4 MB is refused before it is read", async () => {
  const large = { "a/data.pkl": `}${"N0".repeat(2 ** 21)}.` };
  expect(await refusalOf("", large)).toContain("no lens has one of more than 4194304");
});

describe("the older container", () => {
  const file = fixture("tuned-legacy.pt");
  const find = (pattern: string) => Buffer.from(file).indexOf(pattern, 0, "latin1");
  const changed = (at: number, ...bytes: number[]) => {
    const copy = file.slice();
    copy.set(bytes, at);
    return open(copy);
  };

  test("another magic number, version or byte order is refused", async () => {
    expect(await errorOf(changed(5, 0))).toContain("no file of torch.save");
    expect(await errorOf(changed(find("M\xe9\x03") + 1, 0xea))).toContain("version");
    const order = find("little_endian") + "little_endian".length;
    const isTrue = file.indexOf(0x88, order);
    expect(isTrue - order).toBeLessThan(4);
    expect(await errorOf(changed(isTrue, 0x89))).toContain("big-endian");
  });

  test("a storage with another count than the tensors say is refused when it is read", async () => {
    const source = await changed(file.length - 4 * 4 - 8, 5);
    const messages = await Promise.all(
      [...source.tensors.keys()].map((path) => source.read(path).catch((error) => error.message)),
    );
    expect(messages.filter((message) => typeof message === "string")).toEqual([
      expect.stringMatching(/has 5 numbers, and should have (4|16)\.$/),
    ]);
  });

  test("a list of storages that are not those of the tensors is refused", async () => {
    const listed = (...keys: string[]) =>
      open(
        bytesOf(
          [
            "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19",
            integer(1001),
            `}${text("little_endian")}\x88s`,
            dict({ w: tensor(storage("7", 4)) }),
            `(${keys.map(text).join("")}l`,
            `\x04${"\0".repeat(7)}${"\0\0\x80\x3f".repeat(4)}`,
          ].join("."),
        ),
      );
    expect([...(await (await listed("7")).read("w"))]).toEqual([1, 1, 1, 1]);
    expect(await errorOf(listed())).toContain("lacks one that a tensor has");
    expect(await errorOf(listed("7", "8"))).toContain("one that no tensor has");
    expect(await errorOf(listed("7", "7"))).toContain("or one twice");
  });
});
