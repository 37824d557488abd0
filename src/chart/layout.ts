/** Columns `from` to `to`, without `to`. */
export type ColumnWindow = { readonly from: number; readonly to: number };

/** Up to here every cell is in the page; of more, only the columns near the visible ones. */
const mostCells = 1_000;
/** Columns kept on either side of the visible ones, and the step in which the window moves. */
const margin = 8;

/** The columns to draw of a heatmap that scrolls sideways, `visible` being those in view. */
export function columnWindow(
  heatmap: { readonly columns: number; readonly rows: number },
  visible: ColumnWindow,
): ColumnWindow {
  const { columns, rows } = heatmap;
  if (columns * rows <= mostCells) return { from: 0, to: columns };
  const first = Math.floor(Math.min(visible.from, columns - 1) / margin) * margin - margin;
  const last = Math.ceil(visible.to / margin) * margin + margin;
  return { from: Math.max(0, first), to: Math.min(columns, last) };
}

/**
 * Pixels of a column: the room divided evenly, within limits. Where columns overflow, a whole number
 * of them fills the room, so that none is cut.
 */
export function columnWidth(
  room: number,
  columns: number,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const even = room / columns;
  if (even >= min) return Math.floor(Math.min(max, even));
  return room / Math.max(1, Math.floor(room / min));
}

/** Where the rows of a heatmap lie, in pixels below its header. */
export type RowPlaces = {
  readonly pitch: number;
  /** Room between the output row, which has no lens, and the first layer. */
  readonly afterOutput: number;
};

/** The top of the `i`th drawn row. */
export const rowTop = (i: number, { pitch, afterOutput }: RowPlaces) =>
  i === 0 ? 0 : i * pitch + afterOutput;
