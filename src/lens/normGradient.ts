import type { FinalNorm } from "./unembed";

/**
 * The final norm of each state, and the way back: `back` turns gradients with respect to the normed states
 * into those with respect to the states.
 *
 * With `c` the state (less its mean, for `layer`), `s = 1 / √(mean c² + eps)` and `u = weight · gradient`:
 * `s u − c s³ mean(c u)`, less its mean for `layer`.
 *
 * @param states `[positions, dModel]`, as all that comes back
 */
export function normGradient({ kind, weight, bias, eps }: FinalNorm, states: Float64Array) {
  const dModel = weight.length;
  const centred = states.slice();
  const normed = new Float64Array(states.length);
  const scales: number[] = [];
  for (let start = 0; start < states.length; start += dModel) {
    const c = centred.subarray(start, start + dModel);
    if (kind === "layer") centre(c);
    const scale = 1 / Math.sqrt(meanProduct(c, c) + eps);
    scales.push(scale);
    for (let i = 0; i < dModel; ++i)
      normed[start + i] = c[i] * scale * weight[i] + (bias?.[i] ?? 0);
  }
  return {
    normed,
    back(gradients: Float64Array): Float64Array {
      const slopes = gradients.map((gradient, at) => gradient * weight[at % dModel]);
      for (const [position, scale] of scales.entries()) {
        const c = centred.subarray(position * dModel, (position + 1) * dModel);
        const u = slopes.subarray(position * dModel, (position + 1) * dModel);
        const along = scale ** 3 * meanProduct(c, u);
        for (let i = 0; i < dModel; ++i) u[i] = scale * u[i] - along * c[i];
        if (kind === "layer") centre(u);
      }
      return slopes;
    },
  };
}

function meanProduct(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; ++i) sum += a[i] * b[i];
  return sum / a.length;
}

function centre(values: Float64Array): void {
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  for (let i = 0; i < values.length; ++i) values[i] -= mean;
}
