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

/** Arrays of one length, one after the other; one alone is not copied. */
export function concat(parts: readonly Floats[]): Float32Array {
  if (parts.length === 1 && parts[0] instanceof Float32Array) return parts[0];
  const out = new Float32Array(parts.length * parts[0].length);
  for (const [i, part] of parts.entries()) out.set(part, i * part.length);
  return out;
}

/** The inverse of `concat`: views of `count` equal parts. */
export function split(all: Float32Array, count: number): Float32Array[] {
  const each = all.length / count;
  return Array.from({ length: count }, (_, i) => all.subarray(i * each, (i + 1) * each));
}
