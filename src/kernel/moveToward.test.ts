import { expect, test } from "vitest";

import { normals } from "../math/random";
import { moveToward } from "./moveToward";
import { moveTowardCpu } from "./moveToward.cpu";
import { onGpu } from "./testing";

// Sizes straddle a workgroup's 256. The first share of an average is 1: it is then where the values are.
test.each([1, 255, 256, 257, 1000])("moveToward() averages %i values", async (size) => {
  const [first, second, start] = [1, 2, 3].map((seed) => normals(size, 1, seed));
  const [bytes] = await onGpu((device, encoder, put) => {
    const averages = put([size], start);
    moveToward(device, encoder, averages, put([size], first), 1);
    moveToward(device, encoder, averages, put([size], second), 0.3);
    return [averages];
  });
  const expected = moveTowardCpu(moveTowardCpu(start, first, 1), second, 0.3);
  for (const [i, average] of new Float32Array(bytes).entries())
    expect(Math.abs(average - expected[i])).toBeLessThan(2e-6);
});
