import { expect, test } from "vitest";

import { createTensor } from "../gpu/tensor";
import { normals } from "../math/random";
import { squareParts, sumSquares } from "./sumSquares";
import { onGpu } from "./testing";
import { unitNorm } from "./unitNorm";
import { unitNormCpu } from "./unitNorm.cpu";

async function unitOnGpu(values: Float32Array, size: number, least: number) {
  const batch = values.length / size;
  const [bytes] = await onGpu((device, encoder, put) => {
    const out = put([batch, size], values);
    const parts = createTensor(device, [batch, squareParts], "parts");
    sumSquares(device, encoder, out, parts);
    unitNorm(device, encoder, out, parts, least);
    return [out];
  });
  return new Float32Array(bytes);
}

test.each(Object.entries({ cpu: unitNormCpu, gpu: unitOnGpu }))(
  "unitNorm on the %s is of norm 1, and leaves zeros zeros",
  async (_, unitOf) => {
    const values = Float32Array.of(3, 4, 0, 0);
    const units = await unitOf(values, 2, 1e-7);
    for (const [i, x] of [0.6, 0.8, 0, 0].entries()) expect(units[i]).toBeCloseTo(x, 6);
  },
);

// Sizes straddle a workgroup's 1024 values; a norm's square is off by 2e-6 of itself at most.
test.each([1, 1023, 1024, 1025, 3000])("the gpu matches the cpu: %i values", async (size) => {
  const values = normals(2 * size, 1, size);
  values[0] = 22_500;
  const gpu = await unitOnGpu(values, size, 1e-7);
  unitNormCpu(values, size, 1e-7).forEach((x, i) => {
    expect(Math.abs(gpu[i] - x)).toBeLessThan(1e-9 + 2e-6 * Math.abs(x));
  });
});
