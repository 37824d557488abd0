/** After some tiles of one row: the largest logit, and the sum of exponentials relative to it. */
type Running = { readonly maximum: number; readonly sum: number };

/**
 * Takes one more tile into the softmax of one row. The reference for `softmaxTile.wgsl`.
 *
 * @param before null at the first tile
 * @returns the tile's exponentials relative to the new maximum, and by what is multiplied what was
 *   summed before
 */
export function softmaxTileCpu(logits: Float32Array, before: Running | null) {
  const maximum = logits.reduce((a, b) => Math.max(a, b), before?.maximum ?? -Infinity);
  const exponentials = Float64Array.from(logits, (z) => Math.exp(z - maximum));
  const factor = before ? Math.exp(before.maximum - maximum) : 0;
  const sum = exponentials.reduce((a, b) => a + b, (before?.sum ?? 0) * factor);
  return { exponentials, factor, maximum, sum };
}
