import { topK } from "../math/topK";

/**
 * The k largest values of each row and their columns, largest first; equal: the lower column first.
 * The reference for `topK.wgsl`.
 *
 * @param values `[rows, columns]`
 * @returns `ids` and `best`, `[rows, k]`
 */
export function topKCpu(values: Float32Array | Float64Array, columns: number, k: number) {
  const rows = values.length / columns;
  const ids = new Int32Array(rows * k);
  const best = new Float64Array(rows * k);
  for (let row = 0; row < rows; ++row) {
    const own = values.subarray(row * columns, (row + 1) * columns);
    topK(own, k).forEach((id, i) => {
      ids[row * k + i] = id;
      best[row * k + i] = own[id];
    });
  }
  return { ids, best };
}
