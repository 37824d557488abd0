import { ReadingFileError } from "../errors";
import { type Reading, type StatisticName, statisticNames } from "./reading";
import { parseHead, type ReadingFileHead } from "./readingHead";
import { parseStatistic, parseTopK, type TableShape } from "./readingTables";

/** A larger file is refused; its text has no more UTF-16 units than it has bytes. */
export const maxReadingFileBytes = 64_000_000;

/** Of one file: there is one reading a lens. */
const maxReadings = 16;

/** Rows × positions × k, of all of a file's readings together. */
const maxEntries = 20_000_000;

/**
 * The readings of a file that Export → JSON saved, or of another in the format
 * `midthought-reading/1` (`reference/reading.md`): one, or several of one prompt, one a lens.
 *
 * Each is whole and of the backend `recorded`. Fields that are not known are ignored. A file may
 * lack `crossEntropy`, `rank` and `finalTopLogProb`, which are NaN then, but where `topK` holds them.
 * A layer of which nothing is said, at no position, is one that its lens has no translator for.
 *
 * @returns at least one, in the file's order
 * @throws ReadingFileError that says what is wrong with the file and what to do
 */
export function parseReadings(text: string): Reading[] {
  if (text.length > maxReadingFileBytes)
    throw new ReadingFileError(
      `it is larger than ${maxReadingFileBytes / 1e6} MB`,
      "Export a shorter prompt",
    );
  const file = parseJson(text);
  if (!Array.isArray(file)) return [parseReading(file, maxEntries)];
  if (file.length === 0) throw new ReadingFileError("it is an empty list");
  if (file.length > maxReadings)
    throw new ReadingFileError(`it lists ${file.length} readings, and ${maxReadings} are the most`);

  const readings: Reading[] = [];
  let left = maxEntries;
  for (const [at, item] of file.entries()) {
    const reading = inReading(at + 1, () => parseReading(item, left));
    left -= reading.topK.ids.length;
    readings.push(reading);
  }
  checkAlike(readings);
  return readings;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ReadingFileError("it is not JSON, or is cut short");
  }
}

/** Names the reading in what goes wrong with it. */
function inReading<T>(number: number, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof ReadingFileError)) throw error;
    throw new ReadingFileError(`in reading ${number}, ${error.problem}`, error.remedy);
  }
}

function parseReading(file: unknown, maxEntries: number): Reading {
  if (typeof file !== "object" || file === null || Array.isArray(file))
    throw new ReadingFileError("it is not an object");
  const { format, statistics, topK } = file as Record<string, unknown>;
  checkFormat(format);
  const head = parseHead(file);
  const shape = {
    rows: head.rows.length,
    positions: head.tokens.length,
    vocab: head.model.vocab,
  };
  if (typeof statistics !== "object" || statistics === null)
    throw new ReadingFileError("statistics is missing, or is not an object");

  const tables = statistics as Record<string, unknown>;
  const required = (name: StatisticName) => parseStatistic(name, tables[name], shape);
  const optional = (name: StatisticName, missing: () => Float32Array) =>
    tables[name] === undefined ? missing() : required(name);
  const unsaid = () => new Float32Array(shape.rows * shape.positions).fill(Number.NaN);
  const likeliest = parseTopK(topK, shape, maxEntries);
  const numbers = {
    klFromFinal: required("klFromFinal"),
    entropy: required("entropy"),
    maxProb: required("maxProb"),
    crossEntropy: optional("crossEntropy", unsaid),
    rank: optional("rank", unsaid),
    finalTopLogProb: optional("finalTopLogProb", () => finalTopLogProbs(likeliest.topK, shape)),
  };
  const withoutLens = emptyLayers(head, numbers, likeliest.topK);
  const all = (shape.rows - withoutLens.length) * shape.positions;
  return {
    ...head,
    ...likeliest,
    backend: "recorded",
    withoutLens,
    statistics: numbers,
    progress: { done: all, all },
  };
}

function checkFormat(format: unknown) {
  if (format === "midthought-reading/1") return;
  if (typeof format === "string" && /^midthought-reading\/\d{1,9}$/.test(format))
    throw new ReadingFileError(
      `it is of version ${format}, which this page does not know`,
      "Reload the page for its newest version, or open the file with the page that saved it",
    );
  throw new ReadingFileError('it does not say "format": "midthought-reading/1"');
}

/**
 * Log-probability of the token that is likeliest in the output row, `[rows, positions]`, as far as
 * a cell's `topK` lists that token; else NaN.
 */
function finalTopLogProbs(topK: Reading["topK"], { rows, positions }: TableShape): Float32Array {
  const { k, ids, logProbs } = topK;
  return Float32Array.from({ length: rows * positions }, (_, cell) => {
    const wanted = ids[((rows - 1) * positions + (cell % positions)) * k];
    const rank = ids.subarray(cell * k, (cell + 1) * k).indexOf(wanted);
    return rank < 0 || wanted < 0 ? Number.NaN : logProbs[cell * k + rank];
  });
}

/** Layers with no number and no token at any position; the logit lens, which reads any, has none. */
function emptyLayers(
  { lens, rows, tokens }: ReadingFileHead,
  statistics: Reading["statistics"],
  { k, ids }: Reading["topK"],
): number[] {
  const isEmpty = (row: number) => {
    const [from, to] = [row * tokens.length, (row + 1) * tokens.length];
    return (
      ids.subarray(from * k, to * k).every((id) => id < 0) &&
      statisticNames.every((name) => statistics[name].subarray(from, to).every(Number.isNaN))
    );
  };
  if (lens.kind === "logit") return [];
  return rows.flatMap((row, at) => (row !== "output" && isEmpty(at) ? [row] : []));
}

/** @throws ReadingFileError unless the readings are of one model and prompt, and of different lenses */
function checkAlike(readings: readonly Reading[]) {
  const parts = {
    model: ({ model }: Reading) => [model.sha256, model.nLayers, model.vocab],
    tokens: ({ tokens }: Reading) => tokens.map(({ id }) => id),
    rows: ({ rows }: Reading) => rows,
  };
  for (const [name, part] of Object.entries(parts)) {
    const written = readings.map((reading) => part(reading).join());
    const other = written.findIndex((value) => value !== written[0]);
    if (other >= 0)
      throw new ReadingFileError(
        `reading ${other + 1} differs from the first in its ${name}, and a file is of one prompt`,
      );
  }
  const lenses = readings.map(({ lens }) => `${lens.kind} ${lens.name}`);
  const twice = lenses.findIndex((lens, at) => lenses.indexOf(lens) < at);
  if (twice >= 0)
    throw new ReadingFileError(`reading ${twice + 1} is of the same lens as an earlier one`);
}
