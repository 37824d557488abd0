import type { FinalNorm } from "../lens/unembed";

/**
 * The final norm of each row. The reference for `norm.wgsl`.
 *
 * @param hidden `[positions, dModel]`
 * @returns `[positions, dModel]`
 */
export function normCpu(
  { kind, weight, bias, eps }: FinalNorm,
  hidden: Float32Array | Float64Array,
): Float64Array<ArrayBuffer> {
  const dModel = weight.length;
  const normed = new Float64Array(hidden.length);
  for (let start = 0; start < hidden.length; start += dModel) {
    let sum = 0;
    for (let i = 0; i < dModel; ++i) sum += hidden[start + i];
    const centre = kind === "layer" ? sum / dModel : 0;
    let squares = 0;
    for (let i = 0; i < dModel; ++i) squares += (hidden[start + i] - centre) ** 2;
    const scale = 1 / Math.sqrt(squares / dModel + eps);
    for (let i = 0; i < dModel; ++i)
      normed[start + i] = (hidden[start + i] - centre) * scale * weight[i] + (bias?.[i] ?? 0);
  }
  return normed;
}
