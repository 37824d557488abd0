import { expect, test } from "vitest";

import { runs } from "./runs";

/** The values of each piece of a curve, and the rows that they lie in. */
const piecesOf = (...values: number[]) =>
  runs(values.map((value, i) => ({ i, value }))).map((run) =>
    run.map(({ i, value }) => [i, value]),
  );

test("runs leaves a curve without gaps in one piece", () => {
  expect(piecesOf(4, 0, 9)).toEqual([
    [
      [0, 4],
      [1, 0],
      [2, 9],
    ],
  ]);
});

test("runs breaks a curve where a row has no value, and goes on in the row after it", () => {
  expect(piecesOf(1, 2, Number.NaN, 3, 4)).toEqual([
    [
      [0, 1],
      [1, 2],
    ],
    [
      [3, 3],
      [4, 4],
    ],
  ]);
});

test("runs makes a piece of a row that is alone between gaps, and none of gaps", () => {
  expect(piecesOf(Number.NaN, Number.NaN, 5, Number.NaN)).toEqual([[[2, 5]]]);
  expect(piecesOf(Number.NaN, Number.NaN)).toEqual([]);
  expect(piecesOf()).toEqual([]);
});
