import type { Rule, StepOptions } from "../lens/optimizer";

/**
 * One step of several layers' parameters in float64, in place, each at its own rate: what the kernels of
 * optimisers do.
 *
 * @param rule of one array, as the lens's trainers take it
 * @param scales `[layers]`
 * @param arrays the parameters, `[layers, …]`, and the rule's states, alike
 */
export function steppedCpu(
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
