import { expect, test } from "vitest";

import { normals } from "../math/random";
import { descend } from "./descend";
import { descendCpu } from "./descend.cpu";
import { scalesOf, steppedSizes } from "./stepTesting";
import { onGpu } from "./testing";

// The last size straddles the 65,535 groups of one dimension.
test.each([...steppedSizes, [16_777_300, 4] as const])(
  "descend() moves %i parameters of %i layers",
  async (size, layers) => {
    const scales = scalesOf(layers);
    const [parameters, direction] = [1, 2].map((seed) => {
      const values = new Float32Array(size); // the first million or so are repeated
      values.set(normals(Math.min(size, 1_000_003), 1, seed));
      for (let at = 1_000_003; at < size; at *= 2) values.copyWithin(at, 0, at);
      return values;
    });
    const options = { decay: 0.1, stepSize: 2 };
    const [bytes] = await onGpu((device, encoder, put) => {
      const stepped = { parameters: put([size], parameters), scales: put([layers], scales) };
      descend(device, encoder, stepped, put([size], direction), options);
      return [stepped.parameters];
    });
    const moved = new Float32Array(bytes);
    const expected = descendCpu(scales, parameters, direction, options);
    const off = moved.findIndex((x, i) => Math.abs(x - expected[i]) > 2e-6);
    expect(off).toBe(-1);
  },
);
