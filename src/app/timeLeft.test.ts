import { expect, test } from "vitest";

import { secondsLeft } from "./timeLeft";

const first = { done: 16, atMs: 1000 };

test("the time that is left is what is to do at the pace since the first report", () => {
  // 400 in 5 s: 80 a second, and 1,600 are left
  expect(secondsLeft(first, { done: 416, atMs: 6000 }, 2016)).toBe(20);
});

test("no time is left until the pace is known, and none once all is done", () => {
  expect(secondsLeft(first, first, 2016)).toBeNull();
  expect(secondsLeft(first, { done: 96, atMs: 3999 }, 2016)).toBeNull();
  expect(secondsLeft(first, { done: 16, atMs: 9000 }, 2016)).toBeNull();
  expect(secondsLeft(first, { done: 2016, atMs: 9000 }, 2016)).toBeNull();
});
