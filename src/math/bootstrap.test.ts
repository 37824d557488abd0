import { expect, test } from "vitest";

import { createBootstrap } from "./bootstrap";
import cases from "./fixtures/bootstrap.json";
import { normals } from "./random";

test.each(cases)(
  "createBootstrap() gives what numpy gives of the same draws: seed $seed",
  (one) => {
    const [mean, low, high] = one.interval;
    const found = createBootstrap(one.sums.length, one.seed)(one.sums, one.counts);
    // Both are float64: what is left is the order of a few sums.
    expect(found.mean).toBeCloseTo(mean, 12);
    expect(found.low).toBeCloseTo(low, 12);
    expect(found.high).toBeCloseTo(high, 12);
  },
);

test("the interval of a mean of many normals is 1.96 deviations of that mean to either side", () => {
  const groups = 400;
  const values = normals(groups, 3, 11);
  const { mean, low, high } = createBootstrap(groups, 2)(values, new Float64Array(groups).fill(1));
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / groups;
  const half = 1.96 * Math.sqrt(variance / groups);
  // A percentile of 1,000 draws has a deviation of 0.085 of the mean's, 4 % of 1.96 of them: three of those.
  expect(Math.abs((mean - low) / half - 1)).toBeLessThan(0.13);
  expect(Math.abs((high - mean) / half - 1)).toBeLessThan(0.13);
});

test("a mean weighs each item alike, not each group", () => {
  expect(createBootstrap(2, 0)([10, 3], [1, 3]).mean).toBe(13 / 4);
});

test("groups that are alike have an interval of no width, and one group has none", () => {
  expect(createBootstrap(5, 0)([2, 2, 2, 2, 2], [1, 1, 1, 1, 1])).toEqual({
    ...{ mean: 2, low: 2, high: 2 },
  });
  expect(createBootstrap(1, 0)([2], [1])).toEqual({ mean: 2, low: Number.NaN, high: Number.NaN });
});
