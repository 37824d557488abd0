import { expect, test } from "vitest";

import { normals, random } from "./random";

test("random(seed) gives the same numbers for the same seed, others for another", () => {
  const take = (seed: number) => Array.from({ length: 5 }, random(seed));
  expect(take(3)).toEqual(take(3));
  expect(take(3)).not.toEqual(take(4));
});

test("random(seed) stays in [0, 1) and averages a half", () => {
  const values = Array.from({ length: 10_000 }, random(1));
  expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
  expect(Math.max(...values)).toBeLessThan(1);
  // Five deviations of the mean of 10,000 uniform numbers are 0.0144.
  expect(Math.abs(values.reduce((sum, x) => sum + x) / 10_000 - 0.5)).toBeLessThan(0.0144);
});

test("normals(count, deviation) have mean 0 and that deviation", () => {
  const values = normals(10_000, 3, 7);
  const mean = values.reduce((sum, x) => sum + x) / 10_000;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 10_000;
  expect(Math.abs(mean)).toBeLessThan(0.15); // five deviations of the mean
  expect(Math.abs(Math.sqrt(variance) - 3)).toBeLessThan(0.11); // five of the deviation, 3 / sqrt(20000) each
});
