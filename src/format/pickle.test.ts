import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { FormatError } from "../errors";
import { readPickle } from "./pickle";
import { type PickleCall, PickleGlobal } from "./pickleMachine";

// Written by fixtures/make_torch.py: one value, pickled by CPython in every protocol.
const pickles: string[] = JSON.parse(
  readFileSync(join(import.meta.dirname, "fixtures/torch/pickles.json"), "utf8"),
);

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));

/** What a pickle makes that is written as a character a byte, without its STOP. */
function read(text: string, globals = new Map<string, PickleCall | null>()): unknown {
  return readPickle(bytesOf(`${text}.`), 0, { globals }).value;
}

function errorOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(FormatError);
    return (error as Error).message;
  }
  throw new Error("nothing was thrown");
}

const refusalOf = (text: string) => errorOf(() => read(text));

test.each(pickles.map((base64, protocol) => [protocol, base64]))(
  "protocol %i makes the value that CPython pickled",
  (_, base64) => {
    const bytes = new Uint8Array(Buffer.from(base64 as string, "base64"));
    const { value, end } = readPickle(bytes, 0, { globals: new Map() });
    expect(end).toBe(bytes.length);
    expect(value).toEqual(
      new Map<unknown, unknown>([
        [
          "integers",
          // Past 2^53 a number would be rounded.
          [
            0,
            255,
            256,
            65535,
            65536,
            -1,
            2 ** 31 - 1,
            -(2 ** 31),
            2 ** 53 - 1,
            2n ** 53n,
            -(2n ** 100n),
            2n ** 2000n,
          ],
        ],
        ["floats", [0.5, -0, 1e300, Infinity, -Infinity, Number.NaN, 5e-324]],
        ["others", [null, true, false]],
        ["tuples", [[], [1], [1, 2], [1, 2, 3], [1, 2, 3, 4]]],
        ["texts", ["", "naïve", "\\ ' \" \n \x85 \u2028 \ufeff 🙂", "x".repeat(300)]],
        ["shared", [[1], [1]]],
        [3, new Map([[-1, "deep"]])],
      ]),
    );
    const [first, second] = (value as Map<string, unknown[]>).get("shared")!;
    expect(first).toBe(second);
  },
);

describe("opcodes that CPython no longer writes", () => {
  test("texts of Python 2 are a byte a character, C1 controls among them", () => {
    expect(read("U\x03a\x80\xff")).toBe("a\x80\xff");
    expect(read("T\x03\0\0\0a\x80\xff")).toBe("a\x80\xff");
    expect(read(`S'it\\'s \\\\ \\n \\x80 "'\n`)).toBe(`it's \\ \n \x80 "`);
    expect(refusalOf("Sbare\n")).toContain("no quotes");
    expect(refusalOf("S'\\q'\n")).toContain("unknown escape");
    expect(refusalOf("S'\\'\n")).toContain("unknown escape");
  });

  test("LONG4, BINUNICODE8 and BINBYTES8 count in more bytes than they need", () => {
    expect(read("\x8b\x02\0\0\0\0\xff")).toBe(-256);
    expect(read("\x8a\0")).toBe(0);
    expect(read("\x8d\x02\0\0\0\0\0\0\0hi")).toBe("hi");
    expect(read("\x8e\x02\0\0\0\0\0\0\0hi")).toEqual(bytesOf("hi"));
    expect(read("C\x02hi")).toEqual(bytesOf("hi"));
    expect(read("B\x02\0\0\0hi")).toEqual(bytesOf("hi"));
  });

  test("DUP, POP and POP_MARK move the stack, and POP undoes a mark", () => {
    expect(read("(K\x012t")).toEqual([1, 1]);
    expect(read("K\x01K\x020")).toBe(1);
    expect(read("K\x01(K\x02K\x031")).toBe(1);
    expect(read("K\x01(0")).toBe(1);
  });
});

test("a text keeps the byte order mark that it begins with", () => {
  expect(read("X\x03\0\0\0\xef\xbb\xbf")).toBe("\ufeff");
});

test("a global is a name, and what a call makes is up to the whitelist", () => {
  const globals = new Map<string, PickleCall | null>([
    ["math.hypot", ([a, b]) => Math.hypot(a as number, b as number)],
    ["torch.float32", null],
  ]);
  expect(read("cmath\nhypot\nK\x03K\x04\x86R", globals)).toBe(5);
  expect(read("\x8c\x04math\x8c\x05hypot\x93K\x03K\x04\x86R", globals)).toBe(5);
  const dtype = read("ctorch\nfloat32\n", globals);
  expect(dtype).toBeInstanceOf(PickleGlobal);
  expect(dtype).toMatchObject({ name: "torch.float32" });
  expect(errorOf(() => read("ctorch\nfloat32\n)R", globals))).toContain("no function");
});

test("every other global is refused by name, in either spelling, before anything is called", () => {
  expect(refusalOf("cos\nsystem\n\x8c\x02ls\x85R")).toBe(
    'This file asks Python for os.system, which no lens needs: nothing was run, and the file is refused. Save the tensors alone, as torch.save(lens.state_dict(), "params.pt") does.',
  );
  expect(refusalOf("\x8c\x08builtins\x8c\x04eval\x93")).toContain("builtins.eval");
  expect(refusalOf("K\x01K\x02\x93")).toContain("without a name");
  // Names that every object of JavaScript's has.
  for (const name of ["constructor", "__proto__", "toString"]) {
    expect(refusalOf(`c${name}\n${name}\n`)).toContain(`${name}.${name}`);
    expect(refusalOf(`c\n${name}\n`)).toContain(`asks Python for .${name},`);
  }
});

test("a name that is quoted in a sentence is short and has no line breaks", () => {
  expect(refusalOf(`c${"long".repeat(1000)}\nx\n`).length).toBeLessThan(400);
  expect(refusalOf("cb\rad\x1b[31m\nx\n")).toContain("b�ad�[31m.x");
});

// Instances of classes, sets and buffers outside the pickle.
test.each([
  ["INST", "i"],
  ["OBJ", "o"],
  ["NEWOBJ", "\x81"],
  ["NEWOBJ_EX", "\x92"],
  ["EXT1", "\x82"],
  ["EXT2", "\x83"],
  ["EXT4", "\x84"],
  ["EMPTY_SET", "\x8f"],
  ["ADDITEMS", "\x90"],
  ["FROZENSET", "\x91"],
  ["BYTEARRAY8", "\x96"],
  ["NEXT_BUFFER", "\x97"],
  ["READONLY_BUFFER", "\x98"],
])("%s is refused by name", (name, opcode) => {
  expect(refusalOf(opcode)).toContain(`uses ${name}, which no lens needs`);
});

test("bytes that are no opcodes, and protocols that are not there yet, are refused", () => {
  expect(refusalOf("\x07")).toContain("0x07 is none of its opcodes");
  expect(refusalOf("\x80\x06N")).toContain("protocol 6; 0 to 5 are read");
});

test("a stack that does not hold what an opcode needs is refused", () => {
  for (const text of ["", "0", "2", "a", "s", "\x87", "R", "b", "q\0", "(q\0", "K\x01(\x85"]) {
    expect(refusalOf(text)).toContain("empty stack");
  }
  for (const text of ["t", "e", "u", "d", "1"]) expect(refusalOf(text)).toContain("did not set");
  expect(refusalOf("K\x01K\x02")).toContain("before its values are complete");
  expect(refusalOf("K\x01K\x02a")).toContain("other than a list");
  expect(refusalOf("K\x01K\x02K\x03s")).toContain("other than a dict");
  expect(refusalOf("]K\x02b")).toContain("attributes");
  expect(refusalOf("K\x01)R")).toContain("no function");
  expect(refusalOf("N)R")).toContain("no function");
  expect(refusalOf("}(K\x01u")).toContain("a key without a value");
});

test("BUILD leaves the attributes of a dict out", () => {
  expect(read("}X\x01\0\0\0aK\x01s}X\x09\0\0\0_metadataNsb")).toEqual(new Map([["a", 1]]));
});

test("a dict's keys are texts and whole numbers, each of them once", () => {
  const dict = new Map<unknown, unknown>().set("1", 1).set(1, 2);
  expect(read("}X\x01\0\0\x001K\x01sK\x01K\x02s")).toEqual(dict);
  for (const key of ["N", "\x88", "G?\xe0\0\0\0\0\0\0", ")", "]"]) {
    expect(refusalOf(`}${key}Ns`)).toContain("neither text nor a whole number");
  }
  expect(refusalOf("}K\x01NsK\x01Ns")).toContain("the key 1 twice");
});

test("the memo gives what was put in it, and nothing else", () => {
  expect(read("K\x07r\x05\0\0\0j\x05\0\0\0\x86")).toEqual([7, 7]);
  expect(read("K\x07p5\ng5\n\x86")).toEqual([7, 7]);
  expect(read("K\x07\x94h\0\x86")).toEqual([7, 7]);
  expect(refusalOf("h\0")).toContain("uses the value 0 of its memo before it is there");
  expect(refusalOf("K\x01p-1\n")).toContain("below 0");
  expect(refusalOf("K\x01p99999999999999999999\n")).toContain("memo");
});

test("numbers that are none, and texts that are not UTF-8, are refused", () => {
  expect(refusalOf("Iseven\n")).toContain("“seven” is no number");
  expect(refusalOf("F1e\n")).toContain("“1e” is no number");
  expect(refusalOf("L0x10L\n")).toContain("is no number");
  expect(refusalOf("X\x01\0\0\0\xff")).toContain("not UTF-8");
  expect(refusalOf("V\\Uffffffff\n")).toContain("past the last");
  expect(read("I01\n")).toBe(true);
  expect(read("I1\n")).toBe(1);
});

test("lengths that the file only claims are refused before anything is set aside", () => {
  for (const text of [
    "X\xff\xff\xff\xff",
    "T\xff\xff\xff\x7f",
    "B\xff\xff\xff\xff",
    "\x8d\xff\xff\xff\xff\xff\xff\xff\xff",
    "\x8e\0\0\0\0\0\0\0\x80",
  ]) {
    expect(refusalOf(text)).toContain("truncated");
  }
  expect(refusalOf("\x8b\xff\xff\xff\xff")).toContain("a number in it has 4294967295 bytes");
  expect(refusalOf(`L${"9".repeat(65_000)}L\n`)).toContain("is no number");
  expect(refusalOf(`F${"9".repeat(65_000)}x\n`)).toContain("is no number");
  expect(refusalOf(`V${"\\u0041".repeat(20_000)}\n`)).toContain("a line of it has 120000 bytes");
});

test("more values than a lens has are refused, whichever way they are made", () => {
  for (const text of ["N", "(", "K\x01", "K\x012", "]", "}", ")", "K\x01q\0", "(t"]) {
    const many = errorOf(() => read(text.repeat(1_000_001)));
    expect(many).toContain("more than 1000000 values");
  }
});

test("100,000 nested lists cost no recursion, and lists in themselves end", () => {
  expect(read(`${"]".repeat(90_000)}${"a".repeat(89_999)}`)).toHaveLength(1);
  const self = read("]q\0h\0a") as unknown[];
  expect(self[0]).toBe(self);
});

test("every truncation of a pickle is a FormatError", () => {
  for (const base64 of pickles) {
    const bytes = new Uint8Array(Buffer.from(base64, "base64"));
    for (let length = 0; length < bytes.length; ++length) {
      errorOf(() => readPickle(bytes.subarray(0, length), 0, { globals: new Map() }));
    }
  }
});
