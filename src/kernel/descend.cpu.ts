/**
 * `(1 − s · decay) · parameters − s · stepSize · direction`, where `s` is the layer's scale, in float64.
 * The reference for `descend.wgsl`.
 *
 * @param scales `[layers]`
 * @param parameters `[layers, …]`, and `direction` alike
 */
export function descendCpu(
  scales: Float32Array,
  parameters: Float32Array,
  direction: Float32Array,
  { decay, stepSize }: { readonly decay: number; readonly stepSize: number },
): Float64Array {
  const size = parameters.length / scales.length;
  const moved = new Float64Array(parameters.length);
  for (let i = 0; i < moved.length; ++i) {
    const scale = scales[Math.floor(i / size)];
    moved[i] = (1 - scale * decay) * parameters[i] - scale * stepSize * direction[i];
  }
  return moved;
}
