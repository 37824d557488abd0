import { expect, test } from "vitest";

import { layerGroups } from "./layerGroups";

test("layerGroups() are few, of about one size, and cover the layers", () => {
  expect(layerGroups(30, 576, 2 ** 24)).toEqual([
    { first: 0, count: 10 },
    { first: 10, count: 10 },
    { first: 20, count: 10 },
  ]);
  expect(layerGroups(3, 64, 2 ** 24)).toEqual([{ first: 0, count: 3 }]);
  expect(layerGroups(2, 4096, 2 ** 24).map(({ count }) => count)).toEqual([1, 1]);
  expect(layerGroups(0, 64, 2 ** 24)).toEqual([]);
  for (let n = 1; n < 60; ++n)
    expect(layerGroups(n, 576, 2 ** 24).reduce((sum, { count }) => sum + count, 0)).toBe(n);
});
