import { expect, test } from "vitest";

import { rank, topK } from "./topK";

test("topK() lists the largest first, and of equals the lower index first", () => {
  expect([...topK([1, 5, 3, 5, -2], 4)]).toEqual([1, 3, 2, 0]);
});

test("topK() of all is the whole order, and of none is empty", () => {
  expect([...topK([1, 2, 3], 3)]).toEqual([2, 1, 0]);
  expect(topK([1, 2, 3], 0)).toHaveLength(0);
});

test("rank() is 1 for the largest, and equals share the better rank", () => {
  const values = [1, 5, 3, 5];
  expect(values.map((_, i) => rank(values, i))).toEqual([4, 1, 3, 1]);
});
