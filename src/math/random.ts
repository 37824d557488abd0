/** Uniform numbers in [0, 1), the same for the same seed: mulberry32, by Tommy Ettinger. */
export function random(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** `count` normal numbers of mean 0 and the given deviation, by Box and Muller's transform. */
export function normals(count: number, deviation: number, seed: number): Float32Array<ArrayBuffer> {
  const uniform = random(seed);
  return Float32Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    return deviation * radius * Math.cos(2 * Math.PI * uniform());
  });
}
