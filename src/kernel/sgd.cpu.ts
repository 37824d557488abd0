import type { StepOptions } from "../lens/optimizer";
import { sgd as rule } from "../lens/sgd";
import { steppedCpu } from "./stepped.cpu";

/**
 * One step of SGD for some layers' parameters, in place. The reference for `sgd.wgsl`.
 *
 * @param scales `[layers]`: what the rate of each layer is multiplied by
 * @param arrays the parameters, the velocities, `[layers, …]`
 */
export const sgdCpu = (
  scales: Float32Array,
  arrays: readonly Float64Array[],
  gradient: Float32Array,
  options: StepOptions,
): void => steppedCpu(rule, scales, arrays, gradient, options);
