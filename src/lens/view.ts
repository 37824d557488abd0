import type { Row } from "./backend";

/** The statistics that a heatmap can show. */
export const shownStatistics = [
  "klFromFinal",
  "entropy",
  "crossEntropy",
  "rank",
  "maxProb",
] as const;
export type ShownStatistic = (typeof shownStatistics)[number];

/** In which divergences and entropies are written; inside the code they are in nats. */
export const units = ["nats", "bits"] as const;
export type Unit = (typeof units)[number];

/** Every how many layers one is drawn; the last and layer 0 always are. */
export const strides = [1, 2, 4] as const;
export type Stride = (typeof strides)[number];

/** A cell of a reading: what a lens says of one hidden state after one token. */
export type Cell = {
  readonly row: Row;
  /** An index into the prompt's tokens; the cell reads after that token. */
  readonly position: number;
};

/** How a reading is looked at. */
export type View = {
  readonly statistic: ShownStatistic;
  readonly unit: Unit;
  readonly stride: Stride;
};

export const defaultView: View = { statistic: "klFromFinal", unit: "nats", stride: 1 };

/**
 * Indices of a reading's rows that are drawn, top to bottom: the output row, then layers from the last
 * to the first. A stride keeps the last layer and layer 0.
 *
 * @param nRows how many rows the reading has, the output row included
 */
export function drawnRows(nRows: number, stride: Stride): number[] {
  const output = nRows - 1;
  const all = Array.from({ length: nRows }, (_, i) => output - i);
  return all.filter((row) => row === output || row === 0 || (output - 1 - row) % stride === 0);
}
