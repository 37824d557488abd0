import type { Floats } from "../math/floats";

/** A run of items: positions of a prompt, rows of a block. */
export type Range = { readonly start: number; readonly count: number };

/** A range in pieces of at most `most`. */
export function* ranges({ start, count }: Range, most: number): Generator<Range> {
  for (let at = 0; at < count; at += most) {
    yield { start: start + at, count: Math.min(most, count - at) };
  }
}

export const within = (range: Range, whole: Range): Range => ({
  start: range.start - whole.start,
  count: range.count,
});

/** The items of a range, `width` numbers each. */
export function slice<A extends Float32Array | Float64Array | Int32Array>(
  all: A,
  { start, count }: Range,
  width = 1,
): A {
  return all.subarray(start * width, (start + count) * width) as A;
}

/** Arrays of one length, one after the other; where they lie so already, a view of them. */
export function concat(parts: readonly Floats[]): Float32Array {
  const [first] = parts;
  if (first instanceof Float32Array && parts.every((part, i) => isAfter(first, part, i)))
    return new Float32Array(first.buffer, first.byteOffset, parts.length * first.length);
  const out = new Float32Array(parts.length * parts[0].length);
  for (const [i, part] of parts.entries()) out.set(part, i * part.length);
  return out;
}

/** The inverse of `concat`: views of `count` equal parts. */
export function split(all: Float32Array, count: number): Float32Array[] {
  const each = all.length / count;
  return Array.from({ length: count }, (_, i) => all.subarray(i * each, (i + 1) * each));
}

/** Whether a part is the `index`th after the first, in the same memory. */
const isAfter = (first: Float32Array, part: Floats, index: number) =>
  part.buffer === first.buffer && part.byteOffset === first.byteOffset + index * first.byteLength;
