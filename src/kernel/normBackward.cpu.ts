import { normGradient } from "../lens/normGradient";
import type { FinalNorm } from "../lens/unembed";

/**
 * The gradient with respect to states before the final norm, in float64. The reference for
 * `normBackward.wgsl`.
 *
 * @param gradient with respect to the normed states, `[rows, width]`, of which `dModel` are read
 * @param states `[rows, dModel]`
 * @returns `[rows, dModel]`
 */
export function normBackwardCpu(
  norm: FinalNorm,
  gradient: Float32Array,
  width: number,
  states: Float32Array,
): Float64Array {
  const dModel = norm.weight.length;
  const out = new Float64Array(states.length);
  for (let row = 0; row * dModel < states.length; ++row) {
    const one = (values: Float32Array, stride: number) =>
      Float64Array.from(values.subarray(row * stride, row * stride + dModel));
    out.set(normGradient(norm, one(states, dModel)).back(one(gradient, width)), row * dModel);
  }
  return out;
}
