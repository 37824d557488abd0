import { expect, test } from "vitest";

import { drawnRows, strides } from "./view";

test("drawnRows puts output on top and layer 0 at the bottom", () => {
  expect(drawnRows(5, 1)).toEqual([4, 3, 2, 1, 0]);
});

test("drawnRows always keeps the output row, the last layer and layer 0", () => {
  expect(drawnRows(31, 4)).toEqual([30, 29, 25, 21, 17, 13, 9, 5, 1, 0]);
  expect(drawnRows(31, 2).slice(-2)).toEqual([1, 0]);
  expect(drawnRows(1, 4)).toEqual([0]);
  for (const stride of strides) {
    for (let nRows = 2; nRows < 40; ++nRows) {
      const drawn = drawnRows(nRows, stride);
      expect(drawn.slice(0, 2)).toEqual([nRows - 1, nRows - 2]);
      expect(drawn.at(-1)).toBe(0);
      expect(new Set(drawn).size).toBe(drawn.length);
    }
  }
});

test("drawnRows at every 4th of 30 layers hides 21, as the page says", () => {
  expect(31 - drawnRows(31, 4).length).toBe(21);
});
