import { expect, test } from "vitest";

import { normals } from "../math/random";
import { adam } from "./adam";
import { adamCpu } from "./adam.cpu";
import { scalesOf, steppedSizes } from "./stepTesting";
import { onGpu } from "./testing";

// Three float32 steps from the same state differ from the float64 definition by the rounding of their
// parameters, and where a first gradient is near 0, by that of g².
test.each(steppedSizes)(
  "adam() of %i parameters of %i layers is the definition",
  async (size, layers) => {
    const scales = scalesOf(layers);
    const start = normals(size, 1, 1);
    const gradients = [2, 3, 4].map((seed) => normals(size, 1e-3, seed));
    gradients[1][0] = 22_500;
    const options = (step: number) => ({ rate: 0.01, decay: 0.1, step, scale: 0.5 });
    const expected = [new Float64Array(start), new Float64Array(size), new Float64Array(size)];
    for (const [i, gradient] of gradients.entries())
      adamCpu(scales, expected, gradient, options(i + 1));
    const bytes = await onGpu((device, encoder, put) => {
      const parameters = put([size], start);
      const states = [put([size], new Float32Array(size)), put([size], new Float32Array(size))];
      const stepped = { parameters, states, scales: put([layers], scales) };
      for (const [i, gradient] of gradients.entries())
        adam(device, encoder, { ...stepped, gradient: put([size], gradient) }, options(i + 1));
      return [parameters, ...states];
    });
    for (const [i, values] of bytes.map((array) => new Float32Array(array)).entries())
      expected[i].forEach((x, j) => {
        expect(Math.abs(values[j] - x)).toBeLessThan([2e-6, 1e-9, 1e-12][i] + 2e-6 * Math.abs(x));
      });
  },
);
