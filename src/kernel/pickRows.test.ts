import { expect, test } from "vitest";

import { createTensor } from "../gpu/tensor";
import { normals } from "../math/random";
import { pickRows } from "./pickRows";
import { pickRowsCpu } from "./pickRows.cpu";
import { onGpu } from "./testing";

// Columns straddle the 64 lanes; copies are exact.
test.each([1, 63, 64, 65, 200])("pickRows() of %i columns is the cpu's", async (columns) => {
  const states = normals(9 * columns, 1, columns);
  const wanted = Int32Array.of(8, 0, 3, 3, 5);
  const [bytes] = await onGpu((device, encoder, put) => {
    const picked = createTensor(device, [5, columns], "picked");
    pickRows(device, encoder, put([5], wanted), put([9, columns], states), picked);
    return [picked];
  });
  expect(new Float32Array(bytes)).toEqual(pickRowsCpu(states, columns, wanted));
});
