import { type Dice, edges, oddName } from "./dice";
import { putInteger } from "./mutateBytes";
import { opcodes, type PickleOp, readOps, restOf, writeOps } from "./pickleOps";

const utf8 = new TextEncoder();
const nothing = new Uint8Array();
const op = (code: string, rest: Uint8Array = nothing): PickleOp => ({
  code: code.charCodeAt(0),
  rest,
});

/** What Python could be asked for: what tensors need, what they may not ask for, and what is nothing. */
const globals = [
  "torch\nFloatStorage",
  "torch\nBFloat16Storage",
  "torch\nDoubleStorage",
  "torch\nComplexDoubleStorage",
  "torch\nUntypedStorage",
  "torch\nSize",
  "torch\ndevice",
  "torch\nfloat16",
  "torch._utils\n_rebuild_tensor",
  "torch._utils\n_rebuild_tensor_v2",
  "torch._utils\n_rebuild_tensor_v3",
  "torch._utils\n_rebuild_parameter",
  "torch._tensor\n_rebuild_from_type_v2",
  "collections\nOrderedDict",
  "os\nsystem",
  "builtins\neval",
  "__builtin__\n__import__",
  "constructor\nprototype",
  "\n",
  `${"a".repeat(5000)}\n${"b".repeat(5000)}`,
];

/** A list in a list in a list, each twice, by the memo: a few bytes that unfold to 2^40 values. */
const laughs: readonly PickleOp[] = [
  op("]"),
  ...Array.from({ length: 40 }, (_, i) => [
    op("q", Uint8Array.of(i)),
    op("]"),
    op("h", Uint8Array.of(i)),
    op("a"),
    op("h", Uint8Array.of(i)),
    op("a"),
  ]).flat(),
];

/** A list that holds itself. */
const loop: readonly PickleOp[] = [
  op("]"),
  op("q", Uint8Array.of(200)),
  op("h", Uint8Array.of(200)),
  op("a"),
];

/** A list in a list in a list, `depth` deep. */
const nested = (depth: number): readonly PickleOp[] => [
  ...Array<PickleOp>(depth).fill(op("]")),
  ...Array<PickleOp>(depth - 1).fill(op("a")),
];

/** A dict in a dict, under a name that is a prototype's or an odd one, with one number in it. */
const dict = (name: string, depth: number): readonly PickleOp[] => [
  ...Array.from({ length: depth }, () => [op("}"), textOp(name)]).flat(),
  op("K", Uint8Array.of(1)),
  ...Array<PickleOp>(depth).fill(op("s")),
];

/**
 * A pickle, or a file that begins with some, with one or a few instructions changed; null where it is none.
 *
 * @param pickles how many there are: one in a zip archive, five at the start of the older container
 */
export function mutatePickle(bytes: Uint8Array, dice: Dice, pickles: 1 | 5): Uint8Array | null {
  const read = readOps(bytes, pickles);
  if (!read) return null;
  const ops = [...read.ops];
  for (let changes = dice.few(4); changes > 0; --changes) change(ops, dice);
  return writeOps(ops, read.tail);
}

function change(ops: PickleOp[], dice: Dice): void {
  const at = dice.below(ops.length);
  switch (dice.below(14)) {
    case 0: // another opcode that is followed by the same
      ops[at] = { ...ops[at], code: alike(ops[at].code, dice) };
      return;
    case 1:
      ops[at] = anyOp(dice);
      return;
    case 2:
      ops.splice(at, 0, anyOp(dice));
      return;
    case 3:
      ops.splice(at, 1);
      return;
    case 4: // a run of them twice
      ops.splice(at, 0, ...ops.slice(at, at + dice.few(40)));
      return;
    case 5: {
      const other = dice.below(ops.length);
      [ops[at], ops[other]] = [ops[other], ops[at]];
      return;
    }
    case 6: // without its end, or with one too early
      if (dice.chance(0.5)) ops.pop();
      else ops.splice(at, 0, op("."));
      return;
    case 7:
      ops.splice(at, 0, ...nonsense(dice));
      return;
    case 8:
      addItem(ops, dice);
      return;
    default: // most often a number, a text or a name
      changeRest(ops, at, dice);
  }
}

/** One more thing in a dict, where its items are put into it, that it can hold. */
function addItem(ops: PickleOp[], dice: Dice): void {
  const places = ops.flatMap(({ code }, i) => (code === op("u").code ? [i] : []));
  if (places.length === 0) return;
  const value = dice.pick<() => readonly PickleOp[]>([
    () => laughs,
    () => loop,
    () => nested(dice.pick([3, 99, 101, 5000])),
    () => dict(oddName(dice), dice.pick([1, 101, 1000])),
    () => [integerOp(dice)],
    () => [textOp(oddName(dice))],
    () => [op("]"), op("("), ...Array<PickleOp>(dice.pick([3, 5000])).fill(op("N")), op("e")],
    () => [op("c", utf8.encode(`${dice.pick(globals)}\n`))],
  ])();
  ops.splice(dice.pick(places), 0, textOp(oddName(dice)), ...value);
}

/** The next instruction that something follows has something else there. */
function changeRest(ops: PickleOp[], start: number, dice: Dice): void {
  const found = ops.findIndex(({ rest }, i) => i >= start && rest.length > 0);
  if (found === -1) return;
  const { code } = ops[found];
  const name = String.fromCharCode(code);
  if ("KMJ\x8a".includes(name)) ops[found] = integerOp(dice);
  else if ("X\x8cUT\x8d".includes(name)) ops[found] = textOp(oddName(dice));
  else if (name === "c") ops[found] = op("c", utf8.encode(`${dice.pick(globals)}\n`));
  else ops[found] = { code, rest: anyRest(code, dice) };
}

const alike = (code: number, dice: Dice) =>
  dice.pick(opcodes.filter((other) => restOf(other) === restOf(code)));

function anyOp(dice: Dice): PickleOp {
  const code = dice.chance(0.05) ? dice.below(256) : dice.pick(opcodes);
  return { code, rest: anyRest(code, dice) };
}

function anyRest(code: number, dice: Dice): Uint8Array {
  const { bytes = 0, lines = 0, length = 0 } = restOf(code) ?? {};
  if (lines === 2) return utf8.encode(`${dice.pick(globals)}\n`);
  if (lines === 1) {
    const texts = [
      `${dice.pick(edges)}`,
      `${dice.pick(edges)}L`,
      "1e400",
      "00",
      "'a\\x00'",
      "\\u0041",
    ];
    return utf8.encode(`${dice.pick([...texts, "9".repeat(700), "", "inf", oddName(dice)])}\n`);
  }
  if (length > 0) return textOp(oddName(dice), length, dice).rest;
  const rest = new Uint8Array(bytes);
  putInteger(rest, 0, bytes, dice.chance(0.5) ? dice.pick(edges) : BigInt(dice.below(40)));
  return rest;
}

/** By the shortest opcode that takes it, or as a long of many bytes. */
function integerOp(dice: Dice): PickleOp {
  const value = dice.chance(0.5) ? BigInt(dice.below(20)) : dice.pick(edges);
  if (value >= 0n && value < 256n) return op("K", Uint8Array.of(Number(value)));
  const bytes = dice.pick([9, 9, 9, 255]);
  const rest = new Uint8Array(1 + bytes).fill(value < 0n ? 255 : 0);
  rest[0] = bytes;
  putInteger(rest, 1, 8, value);
  return op("\x8a", rest);
}

/** A text by BINUNICODE, or what follows the opcode of any whose length takes so many bytes. */
function textOp(text: string, lengthBytes = 4, dice?: Dice): PickleOp {
  const bytes = utf8.encode(lengthBytes === 1 ? text.slice(0, 40) : text);
  const rest = new Uint8Array(lengthBytes + bytes.length);
  putInteger(rest, 0, lengthBytes, dice?.chance(0.1) ? dice.pick(edges) : BigInt(bytes.length));
  rest.set(bytes, lengthBytes);
  return op("X", rest);
}

function nonsense(dice: Dice): readonly PickleOp[] {
  const many = dice.pick([200, 200, 5000, 110_000]);
  return dice.pick([
    () => laughs,
    () => loop,
    () => dict(oddName(dice), 1),
    () => Array<PickleOp>(many).fill(op("(")),
    () => Array<PickleOp>(many).fill(op("]")),
    () => Array<PickleOp>(many).fill(op("2")),
    () => Array<PickleOp>(many).fill(op("\x85")),
    () => [op("}"), ...Array<PickleOp>(Math.min(many, 5000)).fill(op("\x94")), op("0")],
  ])();
}
