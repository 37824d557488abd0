import { adam as rule } from "../lens/adam";
import type { StepOptions } from "../lens/optimizer";
import { steppedCpu } from "./stepped.cpu";

/**
 * One step of Adam for some layers' parameters, in place. The reference for `adam.wgsl`.
 *
 * @param scales `[layers]`: what the rate of each layer is multiplied by
 * @param arrays the parameters, the means, the means of squares, `[layers, …]`
 */
export const adamCpu = (
  scales: Float32Array,
  arrays: readonly Float64Array[],
  gradient: Float32Array,
  options: StepOptions,
): void => steppedCpu(rule, scales, arrays, gradient, options);
