import { joined } from "../../format/zipTesting";
import { type Dice, edges } from "./dice";

/** A change of a file's bytes, without a look at what they mean. */
type Change = (bytes: Uint8Array, dice: Dice) => Uint8Array;

const changes: readonly Change[] = [
  flipBits,
  flipBits,
  setBytes,
  writeEdge,
  writeEdge,
  insert,
  remove,
  truncate,
  duplicate,
];

/** The same bytes but for one change; `other` is a file to splice in. */
export function mutateBytes(bytes: Uint8Array, dice: Dice, other: Uint8Array): Uint8Array {
  if (bytes.length === 0) return Uint8Array.of(dice.below(256));
  if (dice.chance(0.08)) return splice(bytes, other, dice);
  return dice.pick(changes)(bytes, dice);
}

function flipBits(bytes: Uint8Array, dice: Dice): Uint8Array {
  const changed = bytes.slice();
  for (let flips = dice.few(12); flips > 0; --flips) {
    changed[dice.below(bytes.length)] ^= 1 << dice.below(8);
  }
  return changed;
}

function setBytes(bytes: Uint8Array, dice: Dice): Uint8Array {
  const changed = bytes.slice();
  const start = dice.below(bytes.length);
  const value = dice.pick([0, 255, 0x20, 0x80, dice.below(256)]);
  return changed.fill(value, start, start + dice.few(64));
}

/** An edge over 1 to 8 bytes, little-endian or big. */
function writeEdge(bytes: Uint8Array, dice: Dice): Uint8Array {
  const changed = bytes.slice();
  const count = dice.pick([1, 2, 4, 8, 1 + dice.below(8)]);
  putInteger(changed, dice.below(bytes.length), count, dice.pick(edges), dice.chance(0.1));
  return changed;
}

/** The low bytes of an integer, as far as there is room. */
export function putInteger(
  bytes: Uint8Array,
  at: number,
  count: number,
  value: bigint,
  isBigEndian = false,
): void {
  for (let i = 0; i < count && at + i < bytes.length; ++i) {
    const shift = BigInt(8 * (isBigEndian ? count - 1 - i : i));
    bytes[at + i] = Number((BigInt.asUintN(64, value) >> shift) & 255n);
  }
}

function insert(bytes: Uint8Array, dice: Dice): Uint8Array {
  const at = dice.below(bytes.length + 1);
  const fill = dice.below(256);
  const isRandom = dice.chance(0.5);
  const added = Uint8Array.from({ length: dice.few(200) }, () =>
    isRandom ? dice.below(256) : fill,
  );
  return joined([bytes.subarray(0, at), added, bytes.subarray(at)]);
}

function remove(bytes: Uint8Array, dice: Dice): Uint8Array {
  const at = dice.below(bytes.length);
  return joined([bytes.subarray(0, at), bytes.subarray(at + dice.few(200))]);
}

function truncate(bytes: Uint8Array, dice: Dice): Uint8Array {
  const end = dice.chance(0.5) ? dice.below(bytes.length) : bytes.length - dice.few(64);
  return bytes.slice(0, Math.max(0, end));
}

function duplicate(bytes: Uint8Array, dice: Dice): Uint8Array {
  const start = dice.below(bytes.length);
  const block = bytes.subarray(start, start + dice.few(bytes.length));
  const at = dice.chance(0.5) ? start : dice.below(bytes.length);
  const times = dice.chance(0.1) ? 1 + dice.below(8) : 1;
  return joined([bytes.subarray(0, at), ...Array(times).fill(block), bytes.subarray(at)]);
}

/** The start of one file and the end of another. */
function splice(bytes: Uint8Array, other: Uint8Array, dice: Dice): Uint8Array {
  const at = dice.below(bytes.length);
  const from = dice.chance(0.5) ? Math.min(at, other.length) : dice.below(other.length + 1);
  return joined([bytes.subarray(0, at), other.subarray(from)]);
}
