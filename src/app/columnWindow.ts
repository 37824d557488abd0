/** Columns `from` to `to`, without `to`. */
export type ColumnWindow = { readonly from: number; readonly to: number };

/** Up to here every cell is in the page; a reading of more has only columns near the visible ones. */
const mostCells = 2_500;
/** Columns kept on either side of the visible ones, and the step in which the window moves. */
const margin = 16;

/** The columns to draw of a table that scrolls sideways, `visible` being those in view. */
export function columnWindow(
  table: { readonly columns: number; readonly rows: number },
  visible: ColumnWindow,
): ColumnWindow {
  const { columns, rows } = table;
  if (columns * rows <= mostCells) return { from: 0, to: columns };
  const first = Math.floor(Math.min(visible.from, columns - 1) / margin) * margin - margin;
  const last = Math.ceil(visible.to / margin) * margin + margin;
  return { from: Math.max(0, first), to: Math.min(columns, last) };
}
