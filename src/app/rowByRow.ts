import { useEffect, useRef, useState } from "react";

import type { Reading } from "../lens/reading";
import { onNextFrame } from "../state/latest";
import type { ColumnWindow } from "./columnWindow";

/** Cells that one frame makes or changes: some 15 ms of script, style and layout on a slow core. */
const cellsPerFrame = 60;

/** What a drawn row shows: its cells in these columns, as they are in this reading. */
export type DrawnRow = { readonly reading: Reading; readonly columns: ColumnWindow };

/** Whether two readings are of the same rows and tokens, so that one can follow the other. */
export const haveSameShape = (a: Reading, b: Reading) =>
  a === b ||
  (a.rows.length === b.rows.length &&
    a.tokens.length === b.tokens.length &&
    a.rows.every((row, i) => row === b.rows[i]) &&
    a.tokens.every(({ id }, position) => id === b.tokens[position].id));

/** Whether a row of two readings of the same shape looks the same. */
export function drawAlike(a: DrawnRow, b: DrawnRow, row: number): boolean {
  const { from, to } = a.columns;
  if (from !== b.columns.from || to !== b.columns.to) return false;
  if (a.reading === b.reading) return true;
  const before = a.reading;
  const after = b.reading;
  for (let position = from; position < to; ++position) {
    const cell = row * before.tokens.length + position;
    const best = [cell * before.topK.k, cell * after.topK.k];
    if (before.topK.ids[best[0]] !== after.topK.ids[best[1]]) return false;
    if (!Object.is(before.topK.logProbs[best[0]], after.topK.logProbs[best[1]])) return false;
    if (!Object.is(before.statistics.klFromFinal[cell], after.statistics.klFromFinal[cell]))
      return false;
  }
  return true;
}

/**
 * The rows that are drawn after one more frame, output row first: they follow `next` until `cells`
 * cells would have to be drawn anew, at least one row.
 */
export function advance(drawn: readonly DrawnRow[], next: DrawnRow, cells: number): DrawnRow[] {
  const isSame = drawn.length > 0 && haveSameShape(drawn[0].reading, next.reading);
  const rows = isSame ? [...drawn] : [];
  const width = next.columns.to - next.columns.from;
  let room = cells;
  for (let i = 0; i < next.reading.rows.length; ++i) {
    const row = next.reading.rows.length - 1 - i;
    if (!rows[i] || !drawAlike(rows[i], next, row)) {
      if (room < cells && room < width) break;
      room -= width;
    }
    rows[i] = next;
  }
  return rows;
}

/** Whether every row shows this reading. */
export const isDrawn = (drawn: readonly DrawnRow[], reading: Reading) =>
  drawn.length === reading.rows.length && drawn.every((row) => row.reading === reading);

/** Lets a table's rows follow a reading a few a frame, so that no frame is long. */
export function useRowByRow(reading: Reading, { from, to }: ColumnWindow): readonly DrawnRow[] {
  const [drawn, setDrawn] = useState<readonly DrawnRow[]>([]);
  const newest = useRef(drawn);
  useEffect(() => {
    const next = { reading, columns: { from, to } };
    let isOver = false;
    const step = () => {
      if (isOver) return;
      // A hidden tab has no frames to keep short.
      newest.current = advance(newest.current, next, document.hidden ? Infinity : cellsPerFrame);
      setDrawn(newest.current);
      if (!isDrawn(newest.current, reading) || newest.current.some((row) => row !== next))
        onNextFrame(step);
    };
    onNextFrame(step);
    return () => {
      isOver = true;
    };
  }, [reading, from, to]);
  return drawn;
}
