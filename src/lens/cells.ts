import type { Row } from "./backend";
import type { Reading, StatisticName } from "./reading";
import { type Cell, drawnRows, type Stride } from "./view";

/** One of a cell's likeliest tokens. */
export type TopToken = {
  readonly id: number;
  readonly text: string;
  readonly logProb: number;
  /** What the output row gives it. */
  readonly finalLogProb: number;
};

/** Where a cell lies in the arrays of its reading; −1 where the reading has no such cell. */
export function cellIndex({ rows, tokens }: Reading, { row, position }: Cell): number {
  const index = rows.indexOf(row);
  return index < 0 || position >= tokens.length ? -1 : index * tokens.length + position;
}

/** Whether the lens has no translator for a row: it is never computed. */
export const isWithoutLens = ({ withoutLens }: Pick<Reading, "withoutLens">, row: Row) =>
  row !== "output" && withoutLens.includes(row);

/** The rows that are computed: all but those that the lens has no translator for. */
export const rowsWithLens = (reading: Pick<Reading, "rows" | "withoutLens">): Row[] =>
  reading.rows.filter((row) => !isWithoutLens(reading, row));

export const hasCell = (reading: Reading, cell: Cell) => cellIndex(reading, cell) >= 0;

/** A statistic of a cell; NaN where it does not exist or is not computed yet. */
export function statisticAt(reading: Reading, name: StatisticName, cell: Cell): number {
  return reading.statistics[name][cellIndex(reading, cell)] ?? Number.NaN;
}

/** The id of a cell's likeliest token; −1 where it is not computed yet. */
export function likeliestAt({ topK }: Reading, index: number): number {
  const id = topK.ids[index * topK.k];
  return Number.isNaN(topK.logProbs[index * topK.k]) ? -1 : id;
}

/** A cell's likeliest tokens, likeliest first; none where it is not computed yet. */
export function topTokens(reading: Reading, cell: Cell): TopToken[] {
  const { topK, texts } = reading;
  const start = cellIndex(reading, cell) * topK.k;
  if (start < 0) return [];
  return Array.from({ length: topK.k }, (_, rank) => ({
    id: topK.ids[start + rank],
    text: texts.get(topK.ids[start + rank]) ?? "",
    logProb: topK.logProbs[start + rank],
    finalLogProb: topK.finalLogProbs[start + rank],
  })).filter(({ logProb }) => !Number.isNaN(logProb));
}

/** The model's own likeliest token after a position; null where it is not computed yet. */
export const finalToken = (reading: Reading, position: number): TopToken | null =>
  topTokens(reading, { row: "output", position })[0] ?? null;

/** Whether every cell of a reading is computed, but those without a lens. */
export const isWhole = ({ progress }: Reading) => progress.done >= progress.all;

/** Whether two readings are of the same tokens. */
export const haveSameTokens = (a: Reading, b: Reading) =>
  a.tokens.length === b.tokens.length && a.tokens.every(({ id }, i) => id === b.tokens[i].id);

/** Whether one reading's tokens are the beginning of the other's: what both have is the same. */
export const isContinued = (a: Reading, b: Reading) => {
  const shared = Math.min(a.tokens.length, b.tokens.length);
  return a.tokens.slice(0, shared).every(({ id }, i) => id === b.tokens[i].id);
};

/** Whether two readings have the same cells: of one model, the same tokens, and the same rows. */
export const haveSameCells = (a: Reading, b: Reading) =>
  a === b ||
  (a.model.sha256 === b.model.sha256 &&
    a.rows.length === b.rows.length &&
    a.rows.every((row, i) => row === b.rows[i]) &&
    haveSameTokens(a, b));

/**
 * The first row from which on the lens keeps saying the final token after a position: `output` where
 * not even the last layer says it. Rows without a lens say nothing, and are passed over.
 */
export function settlesAt(reading: Reading, position: number): Row {
  const { rows, tokens } = reading;
  const says = (row: number) => likeliestAt(reading, row * tokens.length + position);
  let settled = rows.length - 1;
  const answer = says(settled);
  for (let row = settled - 1; row >= 0; --row) {
    if (isWithoutLens(reading, rows[row])) continue;
    if (says(row) !== answer) break;
    settled = row;
  }
  return rows[settled];
}

/**
 * The cell that a reading opens on: the last position, where the lens settles on the answer, as far
 * as that row is drawn.
 */
export function openingCell(reading: Reading, stride: Stride): Cell {
  const position = reading.tokens.length - 1;
  const row = isWhole(reading) ? settlesAt(reading, position) : "output";
  return drawnCell(reading, { row, position }, stride);
}

/**
 * The cell itself where its row is drawn, or else the one in the next row above that is, and that has
 * a lens.
 */
export function drawnCell(reading: Reading, cell: Cell, stride: Stride): Cell {
  const index = reading.rows.indexOf(cell.row);
  const drawn = drawnRows(reading.rows.length, stride);
  if (index < 0 || drawn.includes(index)) return cell;
  const above = drawn.filter((row) => row > index && !isWithoutLens(reading, reading.rows[row]));
  return { ...cell, row: reading.rows[Math.min(...above)] };
}
