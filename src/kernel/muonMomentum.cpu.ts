import { momentum } from "../lens/muon";

/**
 * Takes a gradient into its average, in place, in float64. The reference for `muonMomentum.wgsl`.
 *
 * @param scale of the gradient
 * @returns where Nesterov's look-ahead sees it going
 */
export function muonMomentumCpu(
  gradient: Float32Array,
  averages: Float64Array,
  scale: number,
): Float64Array {
  return averages.map((average, i) => {
    const g = scale * gradient[i];
    averages[i] = average + (1 - momentum) * (g - average);
    return g + momentum * (averages[i] - g);
  });
}
