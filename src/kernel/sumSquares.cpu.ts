/**
 * The sum of squares of each member of a batch. The reference for `sumSquares.wgsl`.
 *
 * @param values `[batch, size]`
 * @returns `[batch]`
 */
export function sumSquaresCpu(values: Float32Array, size: number): Float64Array {
  const sums = new Float64Array(values.length / size);
  for (let i = 0; i < values.length; ++i) sums[Math.floor(i / size)] += values[i] ** 2;
  return sums;
}
