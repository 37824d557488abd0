import { expect, test } from "vitest";

import { createTensor } from "../gpu/tensor";
import { normals } from "../math/random";
import { squareParts, sumSquares } from "./sumSquares";
import { sumSquaresCpu } from "./sumSquares.cpu";
import { onGpu } from "./testing";

// Sizes straddle the 64 lanes, and the 4096 that all parts take at once. A float32 sum of a few squares
// a lane is off by 1e-7 of itself times a few.
test.each([1, 63, 65, 4095, 4097, 20_000])(
  "sumSquares() of %i values is the cpu's, an outlier among them",
  async (size) => {
    const values = normals(3 * size, 1e-3, size);
    values[size] = 22_500;
    const [bytes] = await onGpu((device, encoder, put) => {
      const parts = createTensor(device, [3, squareParts], "parts");
      sumSquares(device, encoder, put([3, size], values), parts);
      return [parts];
    });
    const parts = new Float32Array(bytes);
    sumSquaresCpu(values, size).forEach((sum, i) => {
      const own = parts.subarray(i * squareParts, (i + 1) * squareParts);
      expect(Math.abs(own.reduce((a, b) => a + b) - sum)).toBeLessThan(2e-6 * sum);
    });
  },
);
