import { type AccumulatedRow, accumulateRow, type Range } from "./accumulateRow";
import type { Row, RowStatistics } from "./backend";
import { isWithoutLens, rowsWithLens } from "./cells";
import { type Reading, type StatisticName, statisticNames } from "./reading";

/** What a reading says before its first number is there. */
export type ReadingHead = Omit<Reading, "statistics" | "topK" | "texts" | "progress">;

/** Layers that are to be read at the same positions, in the order they are wanted. */
export type Part = Range & { readonly layers: readonly number[] };

/**
 * What one lens said of the prompt that it read last, kept while that prompt changes.
 *
 * Rows are computed from the first position on, each as far as reading came. Attention is causal, so
 * what was computed of a position stays true while the tokens up to it stay the same, but for what it
 * says of the next one.
 *
 * @param k tokens listed at each position
 */
export function accumulate(k: number) {
  const rows = new Map<Row, AccumulatedRow>();
  let ids: readonly number[] = [];

  function rowOf(row: Row): AccumulatedRow {
    const known = rows.get(row) ?? accumulateRow(k);
    rows.set(row, known);
    return known;
  }

  /** The output row comes first in every part, and by itself where no layer has its positions. */
  function parts(wanted: readonly Row[], rangeOf: (row: AccumulatedRow) => Range): Part[] {
    const found = new Map<string, Range & { layers: number[] }>();
    for (const row of wanted.toReversed()) {
      const { from, to } = rangeOf(rowOf(row));
      if (from >= to) continue;
      const part = found.get(`${from} ${to}`) ?? { from, to, layers: [] };
      found.set(`${from} ${to}`, part);
      if (row !== "output") part.layers.push(row);
    }
    return [...found.values()].sort((a, b) => b.from - a.from);
  }

  return {
    k,
    /** From now on this is about these tokens. */
    follow(next: readonly number[]): void {
      const common = commonPrefix(ids, next);
      if (common < ids.length || common < next.length)
        for (const row of rows.values()) row.cut(common, common < next.length);
      ids = next;
    },
    /**
     * What is not computed of these rows, ascending; the end of the prompt first, which has just been
     * typed. Layers come from the last one down.
     */
    unread: (wanted: readonly Row[]): Part[] =>
      parts(wanted, ({ known }) => ({ from: known, to: ids.length })),
    /** What is computed, and has another next token since. */
    outdated: (wanted: readonly Row[]): Part[] => parts(wanted, ({ outdated }) => outdated),
    /** Takes positions that follow the known ones of their row. */
    add: (block: RowStatistics): void => rowOf(block.row).add(block),
    /** Takes what known positions say of their next token. */
    addNext: (block: RowStatistics): void => rowOf(block.row).addNext(block),
    /**
     * The reading as it stands, sharing nothing with what comes later. Rows without a lens stay
     * empty, and are none of those that it waits for.
     *
     * @param tokenText the text of a token id
     */
    reading(head: ReadingHead, tokenText: (id: number) => string): Reading {
      const positions = ids.length;
      const cells = head.rows.length * positions;
      const statistics = Object.fromEntries(
        statisticNames.map((name) => [name, new Float32Array(cells).fill(Number.NaN)]),
      ) as Record<StatisticName, Float32Array>;
      const topK = {
        k,
        ids: new Int32Array(cells * k).fill(-1),
        logProbs: new Float32Array(cells * k).fill(Number.NaN),
        finalLogProbs: new Float32Array(cells * k).fill(Number.NaN),
      };
      const texts = new Map<number, string>();
      let done = 0;
      for (const [index, name] of head.rows.entries()) {
        if (isWithoutLens(head, name)) continue;
        const { known, outdated, list, ...row } = rowOf(name);
        const at = index * positions;
        for (const statistic of statisticNames)
          statistics[statistic].set(row.statistics[statistic].subarray(0, known), at);
        const ids = list.topIds.subarray(0, known * k);
        topK.ids.set(ids, at * k);
        topK.logProbs.set(list.topLogProbs.subarray(0, known * k), at * k);
        topK.finalLogProbs.set(list.topFinalLogProbs.subarray(0, known * k), at * k);
        for (const id of ids) if (!texts.has(id)) texts.set(id, tokenText(id));
        done += known - (outdated.to - outdated.from);
      }
      const progress = { done, all: rowsWithLens(head).length * positions };
      return { ...head, statistics, topK, texts, progress };
    },
  };
}

export type Accumulated = ReturnType<typeof accumulate>;

/** How many of their first items two lists share. */
export function commonPrefix(a: readonly number[], b: readonly number[]): number {
  let length = 0;
  while (length < a.length && length < b.length && a[length] === b[length]) ++length;
  return length;
}

/** All rows of a model with `nLayers` blocks, ascending. */
export const allRows = (nLayers: number): Row[] => [...Array(nLayers).keys(), "output"];
