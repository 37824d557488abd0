import type { Translator } from "../lens/translator";

/**
 * The hidden states of one layer in the final layer's basis: `h + W h + b`. The reference for
 * `translate.wgsl`.
 *
 * @param hidden `[positions, dModel]`
 * @returns `[positions, dModel]`
 */
export function translateCpu(
  { weight, bias }: Translator,
  hidden: Float32Array,
): Float64Array<ArrayBuffer> {
  const dModel = bias.length;
  const translated = new Float64Array(hidden.length);
  for (let start = 0; start < hidden.length; start += dModel)
    for (let out = 0; out < dModel; ++out) {
      let sum = bias[out];
      for (let i = 0; i < dModel; ++i) sum += weight[out * dModel + i] * hidden[start + i];
      translated[start + out] = hidden[start + out] + sum;
    }
  return translated;
}
