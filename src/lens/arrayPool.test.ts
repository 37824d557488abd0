import { expect, test } from "vitest";

import { createArrayPool } from "./arrayPool";

/** States that say their layer, sequence and position. */
const sequence = (name: number, positions: number) => ({
  hidden: [0, 1].map((layer) =>
    Float32Array.from({ length: 2 * positions + 4 }, (_, i) =>
      i % 2 === 0 ? 100 * layer + 10 * name + (i >> 1) : -1,
    ),
  ),
  positions,
  targets: Int32Array.from({ length: positions }, (_, i) => 1000 * name + i),
});

test("createArrayPool mixes the rows of its sequences, states and targets alike", () => {
  const pool = createArrayPool(5, 2);
  pool.put(0, sequence(1, 3));
  pool.put(3, sequence(2, 2));
  const { hidden, positions, targets } = pool.take(Int32Array.of(4, 0, 2));
  expect(positions).toBe(3);
  expect([...hidden[0]]).toEqual([21, -1, 10, -1, 12, -1]);
  expect([...hidden[1]]).toEqual([121, -1, 110, -1, 112, -1]);
  expect([...targets]).toEqual([2001, 1000, 1002]);
  expect([...pool.take(Int32Array.of(3)).hidden[1]]).toEqual([120, -1]);
});
