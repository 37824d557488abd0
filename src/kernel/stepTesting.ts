import type { Rule, StepOptions } from "../lens/optimizer";

/** Sizes that straddle a workgroup's 256, and as many layers as divide them. */
export const steppedSizes = [
  [1, 1],
  [255, 3],
  [256, 2],
  [257, 1],
  [1000, 4],
] as const;

/** What the rates of so many layers are multiplied by; all differ. */
export const scalesOf = (layers: number) =>
  Float32Array.from({ length: layers }, (_, layer) => 1 / 2 ** layer);

/** One step of each layer's part of the arrays, in place, by the definition. */
export function stepByDefinition(
  rule: Rule,
  scales: Float32Array,
  [parameters, ...states]: readonly Float64Array[],
  gradient: Float32Array,
  options: StepOptions,
): void {
  const size = parameters.length / scales.length;
  for (const [layer, scale] of scales.entries()) {
    const part = <A extends Float32Array | Float64Array>(array: A) =>
      array.subarray(layer * size, (layer + 1) * size) as A;
    const rate = scale * options.rate;
    void rule.step(part(parameters), part(gradient), states.map(part), { ...options, rate });
  }
}
