import { expect, test } from "vitest";

import { normals } from "../math/random";
import { sgd } from "./sgd";
import { sgdCpu } from "./sgd.cpu";
import { scalesOf, steppedSizes } from "./stepTesting";
import { onGpu } from "./testing";

// What float32 rounds in three steps is a few 1e-7 of the largest term.
test.each(steppedSizes)(
  "sgd() of %i parameters of %i layers is the definition",
  async (size, layers) => {
    const scales = scalesOf(layers);
    const start = normals(size, 1, 1);
    const gradients = [2, 3, 4].map((seed) => normals(size, 1, seed));
    gradients[1][0] = 22_500;
    const options = { rate: 0.1, decay: 0.01, step: 1, scale: 0.5 };
    const expected = [new Float64Array(start), new Float64Array(size)];
    for (const gradient of gradients) sgdCpu(scales, expected, gradient, options);
    const bytes = await onGpu((device, encoder, put) => {
      const parameters = put([size], start);
      const velocity = put([size], new Float32Array(size));
      const stepped = { parameters, states: [velocity], scales: put([layers], scales) };
      for (const gradient of gradients)
        sgd(device, encoder, { ...stepped, gradient: put([size], gradient) }, options);
      return [parameters, velocity];
    });
    for (const [i, values] of bytes.map((array) => new Float32Array(array)).entries())
      expected[i].forEach((x, j) => {
        expect(Math.abs(values[j] - x)).toBeLessThan(2e-6 + 1e-6 * Math.abs(x));
      });
  },
);
