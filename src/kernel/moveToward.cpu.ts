/** `averages + share · (values − averages)`, in float64. The reference for `moveToward.wgsl`. */
export const moveTowardCpu = (
  averages: ArrayLike<number>,
  values: ArrayLike<number>,
  share: number,
): Float64Array =>
  Float64Array.from(averages, (average, i) => average + share * (values[i] - average));
