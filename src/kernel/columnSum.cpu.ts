/**
 * The sum over rows of each matrix of a batch. The reference for `columnSum.wgsl`.
 *
 * @param values `[batch, rows, columns]`
 * @returns `[batch, columns]`
 */
export function columnSumCpu(values: Float32Array, rows: number, columns: number) {
  const sums = new Float64Array(values.length / rows);
  for (let i = 0; i < values.length; ++i)
    sums[Math.floor(i / (rows * columns)) * columns + (i % columns)] += values[i];
  return sums;
}
