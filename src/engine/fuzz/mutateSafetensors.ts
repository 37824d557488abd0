import { joined } from "../../format/zipTesting";
import { type Dice, edges } from "./dice";
import { mutateBytes, putInteger } from "./mutateBytes";
import { mutateJson } from "./mutateJson";

type Entry = { dtype: string; shape: number[]; data_offsets: [number, number] };

const dtypes = [
  "F32",
  "F16",
  "BF16",
  "F64",
  "I64",
  "U8",
  "BOOL",
  "F8_E4M3",
  "Q4_K",
  "C64",
  "",
  "F4",
];

/**
 * A safetensors file with another header, whose length is right in most cases; null where the file is
 * none.
 */
export function mutateSafetensors(
  bytes: Uint8Array,
  dice: Dice,
  other: Uint8Array,
): Uint8Array | null {
  if (bytes.length < 8) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > bytes.length - 8) return null;
  const json = bytes.subarray(8, 8 + headerBytes);
  const data = bytes.subarray(8 + headerBytes);
  const way = dice.below(10);
  if (way === 0) {
    const changed = bytes.slice();
    putInteger(changed, 0, 8, dice.pick([...edges, BigInt(bytes.length), BigInt(headerBytes + 1)]));
    return changed;
  }
  if (way === 1) return withHeader(json, mutateBytes(data, dice, other));
  if (way === 2) return withHeader(mutateBytes(json, dice, other), data);
  if (way < 6) {
    const header = mutateJson(json, dice);
    return header && withHeader(header, data);
  }
  const header = mutateEntries(json, dice);
  return header && withHeader(header, data);
}

function withHeader(json: Uint8Array, data: Uint8Array): Uint8Array {
  const length = new Uint8Array(8);
  putInteger(length, 0, 8, BigInt(json.length));
  return joined([length, json, data]);
}

/** One field of one tensor, in ways that a reader may take for right. */
function mutateEntries(json: Uint8Array, dice: Dice): Uint8Array | null {
  let header: Record<string, Entry>;
  try {
    header = JSON.parse(new TextDecoder().decode(json));
  } catch {
    return null;
  }
  const names = Object.keys(header ?? {}).filter((name) => isEntry(header[name]));
  if (names.length === 0) return null;
  const entry = header[dice.pick(names)];
  const theirs = header[dice.pick(names)];
  const number = () => Number(dice.pick(edges));
  switch (dice.below(7)) {
    case 0:
      entry.dtype = dice.pick(dtypes);
      break;
    case 1: // the same count of numbers, another shape
      entry.shape = dice.pick([entry.shape.toReversed(), [...entry.shape, 1], [1, ...entry.shape]]);
      break;
    case 2:
      entry.shape[dice.below(entry.shape.length + 1)] = number();
      break;
    case 3:
      entry.data_offsets[dice.below(2)] = number();
      break;
    case 4: // two tensors in one place, or each in the other's
      if (dice.chance(0.5)) entry.data_offsets = [...theirs.data_offsets];
      else [entry.data_offsets, theirs.data_offsets] = [theirs.data_offsets, entry.data_offsets];
      break;
    case 5: // half the numbers, twice as wide
      entry.data_offsets[1] = entry.data_offsets[0];
      entry.shape = dice.pick([[0], [0, number()], [number(), 0]]);
      break;
    default:
      entry.shape = dice.pick([[], Array(40).fill(1), [2 ** 27, 2 ** 27], [-4, -4], [2.5]]);
  }
  return new TextEncoder().encode(JSON.stringify(header));
}

const isEntry = (entry: Partial<Entry> | null) =>
  Array.isArray(entry?.shape) && Array.isArray(entry?.data_offsets);
