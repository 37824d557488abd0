import { nextTask } from "./nextTask";
import { addProducts } from "./products";

/** Rows and columns that are solved one by one; what is left of them comes off in tiles. */
const blockSize = 32;

/**
 * Replaces the lower triangle of a symmetric matrix by `L`, where `L Lᵀ` is the matrix. The upper
 * triangle is neither read nor written.
 *
 * @param matrix `[n, n]`, row-major
 * @param between is awaited before each 32 rows: of 2,048 all take seconds
 * @returns whether the matrix is positive definite; where it is not, what is left in it has no use
 */
export async function cholesky(
  matrix: Float64Array,
  n: number,
  between: () => Promise<void> = nextTask,
): Promise<boolean> {
  for (let start = 0; start < n; start += blockSize) {
    await between();
    const size = Math.min(blockSize, n - start);
    const rows = matrix.subarray(start * n, (start + size) * n);
    // Of these rows, what lies before the diagonal block solves against the rows above.
    for (let at = 0; at < start; at += blockSize) solveBlock(matrix, n, rows, size, at, start);
    const solved = { values: rows, start: 0, stride: n };
    addProducts({ ...solved, start }, solved, solved, [size, size, start], -1);
    if (!factorBlock(matrix, n, start, size)) return false;
  }
  return true;
}

/** Row by row: what the blocks leave. */
function factorBlock(matrix: Float64Array, n: number, start: number, size: number): boolean {
  for (let i = start; i < start + size; ++i)
    for (let j = start; j <= i; ++j) {
      let sum = matrix[i * n + j];
      for (let k = start; k < j; ++k) sum -= matrix[i * n + k] * matrix[j * n + k];
      if (j < i) matrix[i * n + j] = sum / matrix[j * n + j];
      else if (!(sum > 0 && sum < Number.POSITIVE_INFINITY)) return false;
      else matrix[i * n + i] = Math.sqrt(sum);
    }
  return true;
}

/**
 * Replaces each right-hand side `b` by the `x` of `L Lᵀ x = b`.
 *
 * @param lower `L` as `cholesky` leaves it, `[n, n]`; its upper triangle is not read
 * @param rows `[m, n]`: one right-hand side a row
 * @param between is awaited before each 32 columns, forth and back
 */
export async function choleskySolve(
  lower: Float64Array,
  n: number,
  rows: Float64Array,
  m: number,
  between: () => Promise<void> = nextTask,
): Promise<void> {
  const solveLower = async (triangle: Float64Array) => {
    for (let start = 0; start < n; start += blockSize) {
      await between();
      solveBlock(triangle, n, rows, m, start, n);
    }
  };
  await solveLower(lower);
  // Read backwards, `Lᵀ` is a lower triangle too.
  const reversed = new Float64Array(n * n);
  for (let i = 0; i < n; ++i)
    for (let k = 0; k <= i; ++k) reversed[(n - 1 - k) * n + n - 1 - i] = lower[i * n + k];
  const reverse = () => {
    for (let row = 0; row < m; ++row) rows.subarray(row * n, (row + 1) * n).reverse();
  };
  reverse();
  await solveLower(reversed);
  reverse();
}

/**
 * Replaces values `start` to `start + 32` of each row `b` by those of the `x` of `L x = b`, of `L`'s first
 * `size` rows; the values before are those of `x` already.
 */
function solveBlock(
  lower: Float64Array,
  n: number,
  rows: Float64Array,
  m: number,
  start: number,
  size: number,
): void {
  const end = Math.min(start + blockSize, size);
  addProducts(
    { values: rows, start, stride: n },
    { values: rows, start: 0, stride: n },
    { values: lower, start: start * n, stride: n },
    [m, end - start, start],
    -1,
  );
  for (let row = 0; row < m; ++row) {
    const base = row * n;
    for (let i = start; i < end; ++i) {
      let sum = rows[base + i];
      for (let k = start; k < i; ++k) sum -= rows[base + k] * lower[i * n + k];
      rows[base + i] = sum / lower[i * n + i];
    }
  }
}
