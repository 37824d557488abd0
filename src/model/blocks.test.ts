import { expect, test } from "vitest";

import { concat, split } from "./blocks";

const all = Float32Array.of(1, 2, 3, 4, 5, 6);

test("concat() does not copy what lies one after the other", () => {
  const joined = concat(split(all, 3).slice(1));
  expect([...joined]).toEqual([3, 4, 5, 6]);
  expect(joined.buffer).toBe(all.buffer);
});

test.each([
  ["in another order", split(all, 3).reverse(), [5, 6, 3, 4, 1, 2]],
  ["with a gap", [all.subarray(0, 2), all.subarray(4, 6)], [1, 2, 5, 6]],
  ["in memory of their own", [all.slice(0, 1), all.slice(1, 2)], [1, 2]],
  ["of the other width", [Float64Array.of(1), Float64Array.of(2)], [1, 2]],
])("concat() copies parts %s", (_, parts, joined) => {
  expect([...concat(parts)]).toEqual(joined);
  expect(concat(parts).buffer).not.toBe(parts[0].buffer);
});
