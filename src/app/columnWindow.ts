/** Columns `from` to `to`, without `to`. */
export type ColumnWindow = { readonly from: number; readonly to: number };

/** Up to here every cell is in the page; a reading of more has only columns near the visible ones. */
const mostCells = 2_500;
/** Columns kept on either side of the visible ones, and the step in which the window moves. */
const margin = 16;

/** The columns to draw of a table that scrolls sideways. Widths in pixels. */
export function columnWindow(
  table: { readonly columns: number; readonly rows: number },
  view: { readonly left: number; readonly width: number; readonly columnWidth: number },
): ColumnWindow {
  const { columns, rows } = table;
  if (columns * rows <= mostCells) return { from: 0, to: columns };
  const first = Math.floor(view.left / view.columnWidth / margin) * margin - margin;
  const last = Math.ceil((view.left + view.width) / view.columnWidth / margin) * margin + margin;
  return {
    from: Math.max(0, Math.min(first, columns - 1)),
    to: Math.min(columns, Math.max(last, 1)),
  };
}
