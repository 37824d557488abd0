import { expect, test } from "vitest";

import { addProducts, timesTransposed, transposed } from "./products";
import { normals } from "./random";

// Tiles are of 4: sizes below, at and above, and sums of nothing.
test.each([
  [1, 1, 1],
  [3, 5, 2],
  [4, 4, 7],
  [5, 4, 0],
  [9, 7, 33],
  [8, 13, 64],
])(
  "addProducts() adds to a block what A Bᵀ is there, and to nothing else: %i × %i, %i deep",
  (...sizes) => {
    const [height, width, depth] = sizes;
    const floats = (seed: number) => Float64Array.from(normals(5000, 1, seed));
    const c = { values: floats(1), start: 11, stride: 30 };
    const a = { values: floats(2), start: 5, stride: 70 };
    const b = { values: floats(3), start: 0, stride: 64 };
    const before = c.values.slice();
    addProducts(c, a, b, sizes, -2);
    c.values.forEach((value, at) => {
      const [i, j] = [Math.floor((at - 11) / 30), (at - 11) % 30];
      let sum = 0;
      if (at >= 11 && i < height && j < width)
        for (let k = 0; k < depth; ++k) sum += a.values[5 + i * 70 + k] * b.values[j * 64 + k];
      expect(value).toBeCloseTo(before[at] - 2 * sum, 10);
    });
  },
);

test("timesTransposed() of a matrix and its columns is the product", () => {
  const a = Float64Array.of(1, 2, 3, 4, 5, 6); // [2, 3]
  const b = Float64Array.of(1, 0, 2, 1, 0, 1); // [3, 2]
  expect(transposed(b, 2)).toEqual(Float64Array.of(1, 2, 0, 0, 1, 1));
  expect(timesTransposed(a, transposed(b, 2), 3)).toEqual(Float64Array.of(5, 5, 14, 11));
});
