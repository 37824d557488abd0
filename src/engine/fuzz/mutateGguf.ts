import { joined } from "../../format/zipTesting";
import { type Dice, edges, oddName } from "./dice";
import { type GgufField, integerAt, readGgufHeader } from "./ggufFields";
import { putInteger } from "./mutateBytes";

/** Of a file that does not say general.alignment. */
const alignment = 32;

/**
 * A GGUF file in which some counts, lengths, types, sizes or offsets of the header are others, or one
 * text, key or value is; null where it is none.
 */
export function mutateGguf(bytes: Uint8Array, dice: Dice): Uint8Array | null {
  const { fields, pairs, end } = readGgufHeader(bytes);
  if (fields.length === 0) return null;
  // Of a pair: a vocabulary's list has more texts than all else together.
  const near = pairs.length > 0 ? dice.pick(pairs) : { at: 0, end: bytes.length };
  const texts = fields.filter(({ isText, at }) => isText && at >= near.at && at < near.end);
  const data = bytes.subarray(alignment * Math.ceil(end / alignment));
  const replace = (from: number, to: number, ...parts: readonly Uint8Array[]) => {
    const header = joined([bytes.subarray(0, from), ...parts, bytes.subarray(to, end)]);
    const padding = new Uint8Array((alignment - (header.length % alignment)) % alignment);
    return joined([header, padding, data]);
  };
  const way = dice.below(10);
  if (way < 2 && texts.length > 0) {
    const { at, bytes: size } = dice.pick(texts);
    return replace(at, at + size + Number(integerAt(bytes, at, size)), textOf(oddName(dice)));
  }
  if (way < 5 && pairs.length > 0) {
    const { typeAt, end } = dice.pick(pairs);
    return replace(typeAt, end, oddValue(dice));
  }
  if (way === 5 && pairs.length > 0) {
    const { at, typeAt, end } = dice.pick(pairs);
    const [key, value] = [bytes.subarray(at, typeAt), bytes.subarray(typeAt, end)];
    const added = dice.chance(0.5) ? [textOf(oddName(dice)), oddValue(dice)] : [key, value];
    const changed = replace(at, at, ...added);
    putInteger(changed, 16, 8, BigInt(pairs.length + 1));
    return changed;
  }
  return withNumbers(bytes, fields, dice);
}

function withNumbers(bytes: Uint8Array, fields: readonly GgufField[], dice: Dice): Uint8Array {
  const changed = bytes.slice();
  for (let changes = dice.few(3); changes > 0; --changes) {
    // The counts at the start are as often changed as everything behind them.
    const { at, bytes: size } = dice.pick(dice.chance(0.3) ? fields.slice(0, 3) : fields);
    const held = integerAt(changed, at, size);
    const near = [held + 1n, held - 1n, held * 2n, BigInt(dice.below(16))];
    putInteger(changed, at, size, dice.pick(dice.chance(0.5) ? edges : near));
  }
  return changed;
}

const integer = (bytes: number, value: bigint) => {
  const written = new Uint8Array(bytes);
  putInteger(written, 0, bytes, value);
  return written;
};

function textOf(text: string): Uint8Array {
  const utf8 = new TextEncoder().encode(text);
  return joined([integer(8, BigInt(utf8.length)), utf8]);
}

/** A value with its type before it: whole numbers, floats, texts, truths and lists of any size. */
function oddValue(dice: Dice): Uint8Array {
  const typed = (type: number, ...parts: Uint8Array[]) =>
    joined([integer(4, BigInt(type)), ...parts]);
  const floats = [Number.NaN, Number.POSITIVE_INFINITY, -1, 0, 0.5, 1e300];
  const float = () => new Uint8Array(Float64Array.of(dice.pick(floats)).buffer);
  const list = (type: number, items: readonly Uint8Array[]) =>
    typed(9, integer(4, BigInt(type)), integer(8, BigInt(items.length)), ...items);
  return dice.pick<() => Uint8Array>([
    () => typed(10, integer(8, dice.pick(edges))),
    () => typed(11, integer(8, dice.pick(edges))),
    () => typed(4, integer(4, dice.pick(edges))),
    () => typed(4, integer(4, BigInt(dice.below(10)))),
    () => typed(12, float()),
    () => typed(7, integer(1, BigInt(dice.below(3)))),
    () => typed(8, textOf(oddName(dice))),
    () =>
      list(
        8,
        Array.from({ length: dice.pick([0, 1, 264]) }, () => textOf(oddName(dice))),
      ),
    () => list(4, Array(dice.pick([0, 3, 50_000])).fill(integer(4, dice.pick(edges)))),
    () => list(9, [integer(4, 9n), integer(8, 1n), integer(4, 9n), integer(8, 0n)]),
  ])();
}
