import { haveSameCells, isWhole, isWithoutLens } from "../lens/cells";
import type { Reading } from "../lens/reading";

/** Mean KL(final ‖ lens), in nats. */
export type LensComparison = { readonly lens: number; readonly logit: number };

/**
 * How far a lens is from the model's answer on a prompt, and how far the logit lens is: the mean over
 * the layers that both have and over all positions. null until both readings are whole, where they are of
 * other cells, and where a file did not bring the numbers.
 */
export function lensComparison(reading: Reading, logit: Reading): LensComparison | null {
  if (!isWhole(reading) || !isWhole(logit) || !haveSameCells(reading, logit)) return null;
  const layers = [...reading.rows.keys()].filter((i) => {
    const row = reading.rows[i];
    return row !== "output" && !isWithoutLens(reading, row) && !isWithoutLens(logit, row);
  });
  const lens = meanKl(reading, layers);
  const beside = meanKl(logit, layers);
  return Number.isNaN(lens) || Number.isNaN(beside) ? null : { lens, logit: beside };
}

/** NaN where there is no row, or a value is not there. */
function meanKl({ statistics, tokens }: Reading, rows: readonly number[]): number {
  let sum = 0;
  for (const row of rows) {
    const start = row * tokens.length;
    for (const kl of statistics.klFromFinal.subarray(start, start + tokens.length)) sum += kl;
  }
  return sum / (rows.length * tokens.length);
}
