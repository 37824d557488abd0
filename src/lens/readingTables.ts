import { ReadingFileError } from "../errors";
import type { Reading, StatisticName } from "./reading";
import { maxTokenLength } from "./readingHead";
import type { TopTokenJson } from "./readingJson";

/** What the tables of a file must agree with. */
export type TableShape = {
  readonly rows: number;
  readonly positions: number;
  readonly vocab: number;
};

/** Both ends included; `expected` goes on from "… is not". */
type Range = { readonly least: number; readonly most: number; readonly expected: string };

/** By how much rounding, in a file or on a GPU, may take a number past its range. */
const rounding = 1e-4;
const largest = 3.4e38; // of a float32; JSON.parse reads 1e999 as Infinity

const fromZero: Range = { least: -rounding, most: largest, expected: "a number from 0" };
const logProbRange: Range = { least: -largest, most: rounding, expected: "a number up to 0" };
const rangeOf: Record<StatisticName, (vocab: number) => Range> = {
  entropy: (vocab) => ({
    least: -rounding,
    most: Math.log(vocab) * (1 + rounding) + rounding,
    expected: `a number in 0 … ln ${vocab}`,
  }),
  klFromFinal: () => fromZero,
  maxProb: () => ({ least: 0, most: 1 + rounding, expected: "a number in 0 … 1" }),
  crossEntropy: () => fromZero,
  // Of 5 significant digits, as files have it, rank 128,256 of 128,256 is 128,260.
  rank: (vocab) => ({
    least: 1,
    most: vocab * (1 + rounding),
    expected: `a whole number in 1 … ${vocab}`,
  }),
  finalTopLogProb: () => logProbRange,
};

const isWithin = (value: unknown, { least, most }: Range) =>
  typeof value === "number" && value >= least && value <= most;

/** @throws ReadingFileError if the table is not `[rows][positions]` */
function checkShape(
  field: string,
  table: unknown,
  { rows, positions }: TableShape,
): asserts table is unknown[][] {
  if (!Array.isArray(table)) throw new ReadingFileError(`${field} is missing, or is not a table`);
  if (table.length !== rows)
    throw new ReadingFileError(`${field} has ${table.length} rows where rows lists ${rows}`);
  table.forEach((row, at) => {
    if (!Array.isArray(row)) throw new ReadingFileError(`${field}[${at}] is not a list`);
    if (row.length !== positions)
      throw new ReadingFileError(
        `${field}[${at}] has ${row.length} positions where tokens lists ${positions}`,
      );
  });
}

/**
 * One statistic, `[rows, positions]`, NaN where the file has null.
 *
 * @throws ReadingFileError that names the cell
 */
export function parseStatistic(
  name: StatisticName,
  table: unknown,
  shape: TableShape,
): Float32Array {
  const field = `statistics.${name}`;
  checkShape(field, table, shape);
  const range = rangeOf[name](shape.vocab);
  const values = new Float32Array(shape.rows * shape.positions);
  for (let row = 0, at = 0; row < shape.rows; ++row)
    for (let position = 0; position < shape.positions; ++position, ++at) {
      const value = table[row][position];
      const isFit = isWithin(value, range) && (name !== "rank" || Number.isInteger(value));
      if (value !== null && !isFit)
        throw new ReadingFileError(
          `${field}[${row}][${position}] is not ${range.expected}, or null`,
        );
      values[at] = value === null ? Number.NaN : (value as number);
    }
  return values;
}

/**
 * The likeliest tokens of each cell, and their texts; of two texts for one id the first.
 *
 * `k` is the longest list's; shorter ones are filled up with id −1 and NaN. A log-probability that
 * is null was no finite number: −∞.
 *
 * @param maxEntries the most that `rows × positions × k` may be; nothing is allocated before
 * @throws ReadingFileError that names the entry
 */
export function parseTopK(
  table: unknown,
  shape: TableShape,
  maxEntries: number,
): Pick<Reading, "topK" | "texts"> {
  checkShape("topK", table, shape);
  const k = longestList(table);
  const all = shape.rows * shape.positions * k;
  if (all > maxEntries)
    throw new ReadingFileError(
      `topK makes ${all} entries at ${k} a cell, more than the ${maxEntries} that can be shown`,
    );

  const ids = new Int32Array(all).fill(-1);
  const logProbs = new Float32Array(all).fill(Number.NaN);
  const finalLogProbs = new Float32Array(all).fill(Number.NaN);
  const texts = new Map<number, string>();
  for (let row = 0, cell = 0; row < shape.rows; ++row)
    for (let position = 0; position < shape.positions; ++position, ++cell) {
      const list = table[row][position] as unknown[];
      for (let rank = 0, at = cell * k; rank < list.length; ++rank, ++at) {
        const entry = list[rank];
        const problem = entryProblem(entry, rank > 0 ? logProbs[at - 1] : 0, shape.vocab);
        if (problem !== null)
          throw new ReadingFileError(`topK[${row}][${position}][${rank}]${problem}`);
        const { id, text, logProb, finalLogProb } = entry as TopTokenJson;
        ids[at] = id;
        logProbs[at] = logProb ?? -Infinity;
        finalLogProbs[at] = finalLogProb ?? Number.NaN;
        if (!texts.has(id)) texts.set(id, text.toWellFormed());
      }
    }
  return { topK: { k, ids, logProbs, finalLogProbs }, texts };
}

/** @throws ReadingFileError if a cell is no list */
function longestList(table: readonly unknown[][]): number {
  let longest = 0;
  for (const [row, cells] of table.entries())
    for (const [position, list] of cells.entries()) {
      if (!Array.isArray(list))
        throw new ReadingFileError(`topK[${row}][${position}] is not a list`);
      longest = Math.max(longest, list.length);
    }
  return longest;
}

/**
 * What is wrong with an entry of `topK`, to go on from its name; null where nothing is.
 *
 * @param before the log-probability of the entry before it
 */
function entryProblem(entry: unknown, before: number, vocab: number): string | null {
  if (typeof entry !== "object" || entry === null) return " is not an object";
  const { id, text, logProb, finalLogProb } = entry as Record<string, unknown>;
  if (!Number.isInteger(id) || (id as number) < 0 || (id as number) >= vocab)
    return `.id is not a whole number in 0 … ${vocab - 1}`;
  if (typeof text !== "string" || text.length > maxTokenLength)
    return `.text is not a string of at most ${maxTokenLength} characters`;
  if (logProb !== null && !isWithin(logProb, logProbRange))
    return `.logProb is not ${logProbRange.expected}, or null`;
  if (logProb !== null && Math.fround(logProb as number) > before + rounding)
    return " is likelier than the entry before it";
  if (finalLogProb !== null && !isWithin(finalLogProb, logProbRange))
    return `.finalLogProb is not ${logProbRange.expected}, or null`;
  return null;
}
