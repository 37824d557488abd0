import { expect, test } from "vitest";

import { createTensor } from "../gpu/tensor";
import { createMuon } from "../lens/muon";
import { normals } from "../math/random";
import { muonMomentum } from "./muonMomentum";
import { onGpu } from "./testing";

// Sizes straddle a workgroup's 256. The definition hands what is ahead to what makes it orthogonal.
test.each([1, 225, 256, 289, 1024])("muonMomentum() of %i is the definition's", async (size) => {
  const gradients = [2, 3, 4].map((seed) => normals(size, 1, seed));
  gradients[1][0] = 22_500;
  let wantedAhead = new Float64Array(size);
  const { step } = createMuon(async (matrix) => {
    wantedAhead = new Float64Array(matrix);
    return matrix;
  });
  const wantedAverage = new Float64Array(size);
  const options = { rate: 0.1, decay: 0.01, step: 1, scale: 0.5 };
  for (const gradient of gradients)
    await step(new Float64Array(size), gradient, [wantedAverage], options);
  const [average, ahead] = await onGpu((device, encoder, put) => {
    const averages = put([size], new Float32Array(size));
    const out = createTensor(device, [size], "ahead");
    for (const gradient of gradients)
      muonMomentum(device, encoder, put([size], gradient), averages, out, 0.5);
    return [averages, out];
  });
  for (const [values, wanted] of [
    [new Float32Array(average), wantedAverage],
    [new Float32Array(ahead), wantedAhead],
  ] as const)
    wanted.forEach((x, i) => {
      expect(Math.abs(values[i] - x)).toBeLessThan(1e-6 + 1e-6 * Math.abs(x));
    });
});
