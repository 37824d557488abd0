import type { Row, RowStatistics } from "./backend";
import { type Reading, type StatisticName, statisticNames } from "./reading";

/** What a reading says before its first number is there. */
export type ReadingHead = Omit<Reading, "statistics" | "topK" | "texts" | "progress">;

/**
 * Gathers statistics into a reading as they are computed.
 *
 * @param tokenText the text of a token id
 */
export function accumulate(head: ReadingHead, k: number, tokenText: (id: number) => string) {
  const positions = head.tokens.length;
  const all = head.rows.length * positions;
  const indexOf = new Map(head.rows.map((row, index) => [row, index]));
  const statistics = Object.fromEntries(
    statisticNames.map((name) => [name, new Float32Array(all).fill(Number.NaN)]),
  ) as Record<StatisticName, Float32Array>;
  const topK = {
    k,
    ids: new Int32Array(all * k),
    logProbs: new Float32Array(all * k).fill(Number.NaN),
    finalLogProbs: new Float32Array(all * k).fill(Number.NaN),
  };
  const texts = new Map<number, string>();
  let done = 0;

  return {
    /** Ignores a row that the reading does not ask for. */
    add(block: RowStatistics): void {
      const row = indexOf.get(block.row);
      if (row === undefined) return;
      const at = row * positions + block.start;
      for (const name of statisticNames) statistics[name].set(block[name], at);
      topK.ids.set(block.topIds, at * k);
      topK.logProbs.set(block.topLogProbs, at * k);
      topK.finalLogProbs.set(block.topFinalLogProbs, at * k);
      for (const id of block.topIds) if (!texts.has(id)) texts.set(id, tokenText(id));
      done += block.entropy.length;
    },
    /** The reading as it stands, sharing nothing with what comes later. */
    reading: (): Reading =>
      structuredClone({ ...head, statistics, topK, texts, progress: { done, all } }),
  };
}

/** All rows of a model with `nLayers` blocks, ascending. */
export const allRows = (nLayers: number): Row[] => [...Array(nLayers).keys(), "output"];
