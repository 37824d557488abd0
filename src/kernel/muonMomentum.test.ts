import { expect, test } from "vitest";

import { createTensor } from "../gpu/tensor";
import { createMuon } from "../lens/muon";
import { normals } from "../math/random";
import { muonMomentum } from "./muonMomentum";
import { muonMomentumCpu } from "./muonMomentum.cpu";
import { onGpu } from "./testing";

test("muonMomentumCpu() is what Muon hands to what makes it orthogonal", async () => {
  const size = 9;
  let handed: ArrayLike<number> = [];
  const { step } = createMuon(async (matrix) => {
    handed = Array.from(matrix);
    return matrix;
  });
  const [average, states] = [new Float64Array(size), [new Float64Array(size)]];
  for (const seed of [2, 3]) {
    const gradient = normals(size, 1, seed);
    const ahead = muonMomentumCpu(gradient, average, 0.5);
    const options = { rate: 0.1, decay: 0.01, step: 1, scale: 0.5 };
    await step(new Float64Array(size), gradient, states, options);
    expect(handed).toEqual(Array.from(ahead));
    expect(average).toEqual(states[0]);
  }
});

// Sizes straddle a workgroup's 256.
test.each([1, 225, 256, 289, 1024])("muonMomentum() of %i is the definition's", async (size) => {
  const gradients = [2, 3, 4].map((seed) => normals(size, 1, seed));
  gradients[1][0] = 22_500;
  const wantedAverage = new Float64Array(size);
  let wantedAhead = new Float64Array(size);
  for (const gradient of gradients)
    wantedAhead = muonMomentumCpu(gradient, wantedAverage, 0.5) as typeof wantedAhead;
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
