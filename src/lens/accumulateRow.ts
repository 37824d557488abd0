import { invariant } from "../errors";
import type { RowStatistics } from "./backend";
import { type StatisticName, statisticNames } from "./reading";

/** Positions of a prompt, from the first to the one before `to`. */
export type Range = { readonly from: number; readonly to: number };

/** The statistics of a position that depend on the token after it. */
const ofNextToken = ["crossEntropy", "rank"] as const;
const ofList = ["topIds", "topLogProbs", "topFinalLogProbs"] as const;

const nowhere: Range = { from: 0, to: 0 };

/**
 * One row of a prompt that grows and shrinks at its end: its statistics from the first position on, and
 * how far they are computed.
 *
 * @param k tokens listed at each position
 */
export function accumulateRow(k: number) {
  let capacity = 0;
  let known = 0;
  let outdated = nowhere;
  const statistics = Object.fromEntries(
    statisticNames.map((name) => [name, new Float32Array(0)]),
  ) as Record<StatisticName, Float32Array>;
  const list = {
    topIds: new Int32Array(0),
    topLogProbs: new Float32Array(0),
    topFinalLogProbs: new Float32Array(0),
  };

  function reserve(positions: number): void {
    if (positions <= capacity) return;
    capacity = Math.max(positions, 2 * capacity);
    for (const name of statisticNames) statistics[name] = longer(statistics[name], capacity);
    list.topIds = longer(list.topIds, capacity * k);
    list.topLogProbs = longer(list.topLogProbs, capacity * k);
    list.topFinalLogProbs = longer(list.topFinalLogProbs, capacity * k);
  }

  return {
    /** By position; past `known` they mean nothing. */
    statistics,
    /** By position, `k` each. */
    list,
    /** Positions that are computed. */
    get known() {
      return known;
    },
    /** Those of them whose cross entropy and rank are NaN until they are read again. */
    get outdated() {
      return outdated;
    },
    /**
     * Forgets what follows the first `length` positions. Where there was more, or as much, the last of
     * them has another next token from now on, or none.
     */
    cut(length: number, hasNext: boolean): void {
      if (known < length) return;
      known = length;
      const last = length - 1;
      outdated = until(outdated, hasNext ? length : last);
      if (last < 0) return;
      for (const name of ofNextToken) statistics[name][last] = Number.NaN;
      if (hasNext) outdated = { from: isEmpty(outdated) ? last : outdated.from, to: length };
    },
    /** Takes what follows the known positions; of those that are known nothing changes. */
    add(block: RowStatistics): void {
      const { start } = block;
      const end = start + block.entropy.length;
      invariant(start <= known, `row ${block.row} has a gap from ${known} to ${start}`);
      if (end <= known) return;
      reserve(end);
      const skipped = known - start;
      for (const name of statisticNames) statistics[name].set(block[name].subarray(skipped), known);
      for (const name of ofList) list[name].set(block[name].subarray(skipped * k), known * k);
      known = end;
    },
    /** Takes the cross entropy and rank alone, of known positions. */
    addNext(block: RowStatistics): void {
      const end = block.start + block.entropy.length;
      invariant(end <= known, `row ${block.row} is known up to ${known}, not to ${end}`);
      for (const name of ofNextToken) statistics[name].set(block[name], block.start);
      if (block.start <= outdated.from) outdated = since(outdated, end);
    },
  };
}

export type AccumulatedRow = ReturnType<typeof accumulateRow>;

const isEmpty = ({ from, to }: Range) => from >= to;
const until = ({ from, to }: Range, end: number): Range =>
  from < end ? { from, to: Math.min(to, end) } : nowhere;
const since = ({ from, to }: Range, start: number): Range =>
  start < to ? { from: Math.max(from, start), to } : nowhere;

function longer<A extends Float32Array | Int32Array>(values: A, length: number): A {
  const larger = new (values.constructor as new (length: number) => A)(length);
  larger.set(values);
  return larger;
}
