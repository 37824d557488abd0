import { expect, test } from "vitest";

import { normals } from "../math/random";
import { columnSum } from "./columnSum";
import { columnSumCpu } from "./columnSum.cpu";
import { onGpu } from "./testing";

// Columns straddle a workgroup's 64; a float32 sum of rows is off by 1e-7 of its terms' sizes, which
// the outlier sets for its column.
test.each([
  [1, 1, 1],
  [2, 7, 63],
  [3, 50, 65],
  [2, 193, 130],
])("columnSum() adds what the cpu does: %i matrices of %i rows, %i columns", async (...shape) => {
  const [batch, rows, columns] = shape;
  const values = normals(batch * rows * columns, 1, 1);
  values[0] = 22_500;
  const before = normals(batch * columns, 1, 2);
  const [bytes] = await onGpu((device, encoder, put) => {
    const sums = put([batch, columns], before);
    columnSum(device, encoder, put(shape, values), sums);
    return [sums];
  });
  const gpu = new Float32Array(bytes);
  columnSumCpu(values, rows, columns).forEach((sum, i) => {
    expect(Math.abs(gpu[i] - before[i] - sum)).toBeLessThan(1e-4 + 1e-6 * Math.abs(sum));
  });
});
