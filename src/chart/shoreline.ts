/** Top, right, bottom, left. */
const edges = [
  ["t", -1, 0],
  ["r", 0, 1],
  ["b", 1, 0],
  ["l", 0, -1],
] as const;

/**
 * The edges at which a cell that agrees with the model borders one that does not: `"t r"`. A region
 * has a line round it, not each of its cells. The output row, which agrees by definition, has none.
 *
 * @param agrees whether the cell in the `row`th row from the top is in the region; false outside
 */
export function shoreOf(
  row: number,
  column: number,
  agrees: (row: number, column: number) => boolean,
): string {
  if (row === 0 || !agrees(row, column)) return "";
  return edges
    .filter(([, down, right]) => !agrees(row + down, column + right))
    .map(([edge]) => edge)
    .join(" ");
}
