/**
 * Each member of a batch divided by its norm, or by `least` where that is more. The reference for
 * `unitNorm.wgsl`.
 *
 * @param values `[batch, size]`
 */
export function unitNormCpu(values: Float32Array, size: number, least: number): Float64Array {
  const normOf = (member: number) =>
    Math.hypot(...values.subarray(member * size, (member + 1) * size));
  return Float64Array.from(values, (x, i) => x / Math.max(least, normOf(Math.floor(i / size))));
}
