import { joined } from "../../format/zipTesting";
import { type Dice, edges } from "./dice";
import { mutateBytes, putInteger } from "./mutateBytes";

const dtypes = [
  "<f4",
  "<f2",
  "<f8",
  ">f4",
  "=f4",
  "|f4",
  "<i8",
  "|O",
  "<c8",
  "|b1",
  "<U9",
  "<f16",
  "",
];

/** Pieces of a header: what stands in it, and what may stand there in its place. */
const pieces: readonly (readonly [RegExp, (dice: Dice) => string])[] = [
  [/'[<>|=]\w+'/, (dice) => `'${dice.pick(dtypes)}'`],
  [/'[<>|=]\w+'/, () => "[('a', '<f4'), ('b', '<f4')]"],
  [/True|False/, (dice) => dice.pick(["True", "False", "1", "None", "'True'"])],
  [/\(.*?\)/, (dice) => dice.pick(["()", "(4)", "(4,)", "(4,4,)", "(,)", "((4,4),)", "[4,4]"])],
  [
    /\(.*?\)/,
    (dice) =>
      `(${Array(dice.pick([2, 64, 65, 3000]))
        .fill("1")
        .join(", ")},)`,
  ],
  [/\d+(?=[,)])/, (dice) => `${dice.pick(edges)}`],
  [/\d+(?=[,)])/, (dice) => dice.pick(["0", "1e3", "4L", "0x4", "4.0", "9".repeat(400), " 4 "])],
  [/'\w+'(?=:)/, (dice) => dice.pick(["'__proto__'", "'shape'", "'descr'", '"order"', "''"])],
  [/\}/, (dice) => dice.pick(["", "}}", ", 'more': (1,), }", ", 'shape': (4,), }"])],
  [/ /, (dice) => " ".repeat(dice.pick([0, 64, 9000]))],
];

/** A `.npy` array with another header, whose length is right in most cases; null where it is none. */
export function mutateNpy(bytes: Uint8Array, dice: Dice, other: Uint8Array): Uint8Array | null {
  if (bytes.length < 12 || bytes[0] !== 0x93) return null;
  const start = bytes[6] === 1 ? 10 : 12;
  const length = bytes[8] + 256 * bytes[9]; // of a header of a seed's size
  const header = new TextDecoder("latin1").decode(bytes.subarray(start, start + length));
  const data = bytes.subarray(start + length);
  if (dice.chance(0.15))
    return joined([bytes.subarray(0, start + length), mutateBytes(data, dice, other)]);

  const [piece, made] = dice.pick(pieces);
  const at = [...header.matchAll(new RegExp(piece, "g"))];
  const found = at.length > 0 ? dice.pick(at) : null;
  const changed = found
    ? header.slice(0, found.index) + made(dice) + header.slice(found.index + found[0].length)
    : header;
  const version = dice.chance(0.1) ? dice.below(256) : bytes[6];
  const text = Uint8Array.from(changed, (character) => character.charCodeAt(0));
  const head = new Uint8Array(version === 1 ? 10 : 12);
  head.set(bytes.subarray(0, 8));
  head[6] = version;
  const said = dice.chance(0.1) ? dice.pick(edges) : BigInt(text.length);
  putInteger(head, 8, head.length - 8, said);
  return joined([head, text, data]);
}
