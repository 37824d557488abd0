import { expect, test } from "vitest";

import { cholesky, choleskySolve } from "./cholesky";
import { normals } from "./random";

/** `G Gᵀ + I`, which is positive definite. */
function definite(n: number, seed: number) {
  const g = normals(n * n, 1, seed);
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = i === j ? 1 : 0;
    for (let k = 0; k < n; ++k) sum += g[i * n + k] * g[j * n + k];
    return sum;
  });
}

/** Each row of `x` times a symmetric matrix. */
const times = (x: Float64Array, matrix: Float64Array, n: number) =>
  x.map((_, at) => {
    const [row, i] = [at - (at % n), at % n];
    let sum = 0;
    for (let k = 0; k < n; ++k) sum += x[row + k] * matrix[k * n + i];
    return sum;
  });

// Blocks are of 32, tiles of 4: sizes below, at and above both.
const sizes = [1, 2, 3, 4, 5, 31, 32, 33, 63, 64, 65, 97, 130];

test.each(sizes)("choleskySolve() finds the x of A x = b, n = %i", async (n) => {
  const matrix = definite(n, n);
  const lower = matrix.slice();
  expect(await cholesky(lower, n)).toBe(true);
  for (const m of [1, 3, 4, 5, 33]) {
    const b = Float64Array.from(normals(m * n, 1, m));
    const x = b.slice();
    await choleskySolve(lower, n, x, m);
    // Eigenvalues are from 1 to 4n or so: a condition of some hundreds, times 2e-16 and n.
    times(x, matrix, n).forEach((value, i) => expect(value).toBeCloseTo(b[i], 9));
  }
});

test.each(sizes)(
  "cholesky() gives the L of A = L Lᵀ, and leaves the upper triangle, n = %i",
  async (n) => {
    const matrix = definite(n, n + 1);
    const lower = matrix.slice();
    for (let i = 0; i < n; ++i) lower.fill(Number.NaN, i * n + i + 1, (i + 1) * n);
    expect(await cholesky(lower, n)).toBe(true);
    for (let i = 0; i < n; ++i)
      for (let j = 0; j < n; ++j) {
        if (j > i) expect(lower[i * n + j]).toBeNaN();
        else {
          let sum = 0;
          for (let k = 0; k <= j; ++k) sum += lower[i * n + k] * lower[j * n + k];
          expect(sum).toBeCloseTo(matrix[i * n + j], 9);
        }
      }
  },
);

test("cholesky() says where a matrix is not positive definite, or has no numbers", async () => {
  expect(await cholesky(Float64Array.of(1, 2, 2, 1), 2)).toBe(false);
  expect(await cholesky(Float64Array.of(0), 1)).toBe(false);
  for (const spoiled of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    const matrix = definite(70, 3);
    matrix[69 * 70 + 69] = spoiled; // in the last block
    expect(await cholesky(matrix, 70)).toBe(false);
  }
});

test("other tasks get their turn between a few rows, and end it where they throw", async () => {
  let turns = 0;
  const count = async () => {
    ++turns;
  };
  const lower = definite(130, 1);
  await cholesky(lower, 130, count);
  expect(turns).toBe(5); // of 32 rows, the last of 2
  await choleskySolve(lower, 130, new Float64Array(130), 1, count);
  expect(turns).toBe(15);
  const stop = async () => {
    throw new Error("enough");
  };
  await expect(cholesky(lower, 130, stop)).rejects.toThrow("enough");
});
