import { expect, test } from "vitest";

import { nextOperations } from "./pace";

test("nextOperations() aims at 50 ms", () => {
  expect(nextOperations(1e10, 1e10, 50)).toBe(1e10);
  expect(nextOperations(1e10, 1e10, 100)).toBe(5e9);
  expect(nextOperations(1e10, 1e10, 25)).toBe(2e10);
});

test("nextOperations() moves by four at most: one slow submit may have compiled shaders", () => {
  expect(nextOperations(1e10, 1e10, 1)).toBe(4e10);
  expect(nextOperations(1e10, 1e10, 5000)).toBe(2.5e9);
  expect(nextOperations(1e9, 1e9, 5000)).toBe(5e8);
});

test("nextOperations() learns nothing from a submit that held little and was quick", () => {
  expect(nextOperations(1e10, 1e8, 1)).toBe(1e10);
  expect(nextOperations(1e10, 4e9, 1)).toBe(1e10);
  expect(nextOperations(1e10, 4e9, 100)).toBe(2.5e9); // but it was slow
});
