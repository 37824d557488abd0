import { expect, test } from "vitest";

import { openWatch, watchedOf } from "./heldOut";
import { testingKit, testingRun } from "./kitTesting";

const sequences = (count: number, length: number) =>
  Array.from({ length: count }, () => new Int32Array(length));

test("watchedOf() long sequences takes a part of four, of short ones as many as have the positions", () => {
  expect(watchedOf(sequences(6, 192), 128)).toEqual({ count: 4, each: 32 });
  expect(watchedOf(sequences(2, 192), 128)).toEqual({ count: 2, each: 64 });
  expect(watchedOf(sequences(100, 8), 128)).toEqual({ count: 16, each: 8 });
  expect(watchedOf(sequences(5, 8), 128)).toEqual({ count: 5, each: 26 });
});

test("openWatch() has the positions that are wanted, or all that there are", async () => {
  const { text } = testingRun({}, 40, 8);
  const { signal } = new AbortController();
  const open = async (wanted: number) =>
    (await openWatch(testingKit(), text.train, wanted, [0, 1], signal)).positions;
  expect(await open(128)).toBe(128);
  expect(await open(12)).toBe(12);
  expect(await open(1000)).toBe(320);
});
