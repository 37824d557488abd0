/** A cell of a reading: an index into its rows, and a position. */
export type Cell = { readonly row: number; readonly position: number };

type Key = { readonly key: string; readonly ctrlKey: boolean; readonly metaKey: boolean };

/**
 * Where a key goes from a cell, or null where it is no key of a grid (W3C APG, "Grid"). The last
 * row, `output`, is drawn on top, so up is toward it.
 */
export function move(
  { row, position }: Cell,
  { key, ctrlKey, metaKey }: Key,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Cell | null {
  const isFar = ctrlKey || metaKey;
  switch (key) {
    case "ArrowUp":
      return { row: Math.min(rows - 1, row + 1), position };
    case "ArrowDown":
      return { row: Math.max(0, row - 1), position };
    case "ArrowLeft":
      return { row, position: Math.max(0, position - 1) };
    case "ArrowRight":
      return { row, position: Math.min(columns - 1, position + 1) };
    case "Home":
      return { row: isFar ? rows - 1 : row, position: 0 };
    case "End":
      return { row: isFar ? 0 : row, position: columns - 1 };
    default:
      return null;
  }
}
