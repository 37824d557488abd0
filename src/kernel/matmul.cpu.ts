type Matrices = {
  readonly shape: readonly [batch: number, m: number, k: number, n: number];
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  /** `b` is one matrix for all. */
  readonly isShared?: boolean;
};

/**
 * `a b` for each of a batch of matrices. The reference for `matmul.wgsl`.
 *
 * @param a `[batch, m, k]`, or `[batch, k, m]` where it is transposed
 * @param b `[batch, k, n]`, or `[batch, n, k]` where it is transposed
 * @returns `[batch, m, n]`
 */
export function matmulCpu(
  a: Float32Array,
  b: Float32Array,
  { shape: [batch, m, k, n], transposeA, transposeB, isShared }: Matrices,
): Float64Array<ArrayBuffer> {
  const c = new Float64Array(batch * m * n);
  for (let at = 0; at < batch; ++at)
    for (let row = 0; row < m; ++row)
      for (let column = 0; column < n; ++column) {
        let sum = 0;
        for (let i = 0; i < k; ++i) {
          const x = a[at * m * k + (transposeA ? i * m + row : row * k + i)];
          const y = b[(isShared ? 0 : at * k * n) + (transposeB ? column * k + i : i * n + column)];
          sum += x * y;
        }
        c[(at * m + row) * n + column] = sum;
      }
  return c;
}
