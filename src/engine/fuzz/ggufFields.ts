/** An integer of a GGUF header: where it is, of how many bytes, and whether a text of that many follows. */
export type GgufField = { readonly at: number; readonly bytes: number; readonly isText: boolean };

/** A metadata pair: where its key begins, then its value's type, and where it ends. */
export type GgufPair = { readonly at: number; readonly typeAt: number; readonly end: number };

/** Bytes of a metadata value, by its type's number; 8 is a text, 9 an array. */
const valueBytes = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];

/** What a GGUF header is made of, in the order of the file, as far as it holds together. */
export function readGgufHeader(bytes: Uint8Array) {
  const fields: GgufField[] = [];
  const pairs: GgufPair[] = [];
  let at = 4;
  const take = (size: number, isText = false) => {
    const value = Number(integerAt(bytes, at, size));
    const end = at + size + (isText ? value : 0);
    if (end > bytes.length) throw new RangeError("past the end");
    fields.push({ at, bytes: size, isText });
    at = end;
    return value;
  };
  const takeValue = (type: number) => {
    if (type === 8) take(8, true);
    else if (type === 9) {
      const inner = take(4);
      const count = take(8);
      for (let i = 0; i < count; ++i) takeValue(inner);
    } else if (type < valueBytes.length) take(valueBytes[type]);
    else throw new RangeError("no type");
  };
  try {
    take(4); // the version
    const nTensors = take(8);
    const nPairs = take(8);
    for (let i = 0; i < nPairs; ++i) {
      const start = at;
      take(8, true);
      const typeAt = at;
      takeValue(take(4));
      pairs.push({ at: start, typeAt, end: at });
    }
    for (let i = 0; i < nTensors; ++i) {
      take(8, true);
      for (let axes = take(4); axes > 0; --axes) take(8);
      take(4);
      take(8);
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  return { fields, pairs, end: Math.min(at, bytes.length) };
}

/** Little-endian. */
export function integerAt(bytes: Uint8Array, at: number, size: number): bigint {
  let value = 0n;
  for (let i = size - 1; i >= 0; --i) value = value * 256n + BigInt(bytes[at + i] ?? 0);
  return value;
}
