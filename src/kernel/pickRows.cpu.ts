/**
 * Some rows of a matrix, next to each other. The reference for `pickRows.wgsl`.
 *
 * @param states `[rows, columns]`
 */
export function pickRowsCpu(
  states: Float32Array,
  columns: number,
  wanted: Int32Array,
): Float32Array<ArrayBuffer> {
  const picked = new Float32Array(wanted.length * columns);
  for (const [i, row] of wanted.entries())
    picked.set(states.subarray(row * columns, (row + 1) * columns), i * columns);
  return picked;
}
