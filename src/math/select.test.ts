import { expect, test } from "vitest";

import { normals } from "./random";
import { selectAscending } from "./select";

test.each([1, 2, 3, 10, 1001])("selectAscending() is what sorting finds, of %i values", (count) => {
  const values = normals(count, 3, count).map((x) => Math.round(2 * x) + 0); // many are equal
  const sorted = values.toSorted();
  sorted.forEach((value, index) => expect(selectAscending(values.slice(), index)).toBe(value));
});

test("selectAscending() ends on values that are sorted, equal, infinite or none", () => {
  const rising = Float32Array.from({ length: 1000 }, (_, i) => i);
  expect(selectAscending(rising, 700)).toBe(700);
  expect(selectAscending(new Float32Array(1000).fill(3), 500)).toBe(3);
  expect(selectAscending(Float32Array.of(1, Infinity, 0, Infinity), 2)).toBe(Infinity);
  expect(selectAscending(new Float32Array(100).fill(Number.NaN), 50)).toBeNaN();
});
