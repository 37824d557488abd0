/** A place in a drawn heatmap: the `row`th row from the top, and a column. */
export type Place = { readonly row: number; readonly column: number };

type Key = { readonly key: string; readonly ctrlKey: boolean; readonly metaKey: boolean };

/** Where a key goes from a place, or null where it is no key of a grid (W3C APG, "Grid"). */
export function move(
  { row, column }: Place,
  { key, ctrlKey, metaKey }: Key,
  { rows, columns }: { readonly rows: number; readonly columns: number },
): Place | null {
  const isFar = ctrlKey || metaKey;
  switch (key) {
    case "ArrowUp":
      return { row: Math.max(0, row - 1), column };
    case "ArrowDown":
      return { row: Math.min(rows - 1, row + 1), column };
    case "ArrowLeft":
      return { row, column: Math.max(0, column - 1) };
    case "ArrowRight":
      return { row, column: Math.min(columns - 1, column + 1) };
    case "Home":
      return { row: isFar ? 0 : row, column: 0 };
    case "End":
      return { row: isFar ? rows - 1 : row, column: columns - 1 };
    default:
      return null;
  }
}
