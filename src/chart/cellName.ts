import type { Row } from "../lens/backend";
import { cellIndex, isWithoutLens } from "../lens/cells";
import type { Reading } from "../lens/reading";
import type { Cell, View } from "../lens/view";
import { statisticScale } from "./statisticScale";
import { quoted } from "./tokenText";

/** `layer 7`, or `output`. */
export const rowName = (row: Row) => (row === "output" ? "output" : `layer ${row}`);

/**
 * A cell in words, which is its accessible name: `layer 7, after " France": " Paris", probability
 * 0.62, KL 0.31 nats`.
 */
export function cellName(reading: Reading, cell: Cell, { statistic, unit }: View): string {
  const where = `${rowName(cell.row)}, after ${quoted(reading.tokens[cell.position].text)}`;
  if (isWithoutLens(reading, cell.row)) return `${where}: no lens here`;
  const { topK, texts, statistics, model } = reading;
  const at = cellIndex(reading, cell);
  const logProb = topK.logProbs[at * topK.k];
  if (Number.isNaN(logProb)) return `${where}: not computed yet`;
  const text = texts.get(topK.ids[at * topK.k]) ?? "";
  const says = `${quoted(text)}, probability ${Math.exp(logProb).toFixed(2)}`;
  const scale = statisticScale(statistic, model.vocab);
  const value = statistics[statistic][at];
  const measure = Number.isNaN(value)
    ? `${scale.short} of no next token`
    : `${scale.short} ${scale.format(value, unit)}${scale.hasUnit ? ` ${unit}` : ""}`;
  return `${where}: ${says}, ${measure}`;
}
