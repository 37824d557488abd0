/** Indices of the `k` largest values, largest first; equal: the lower index first. */
export function topK(values: ArrayLike<number>, k: number): Int32Array<ArrayBuffer> {
  const order = Int32Array.from({ length: values.length }, (_, i) => i);
  return order.sort((a, b) => values[b] - values[a] || a - b).slice(0, k);
}

/** 1 + how many of the others are larger than `values[index]`: 1 is the largest. */
export function rank(values: ArrayLike<number>, index: number): number {
  let larger = 0;
  for (let i = 0; i < values.length; ++i) if (values[i] > values[index]) ++larger;
  return 1 + larger;
}
