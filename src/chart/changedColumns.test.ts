import { expect, test } from "vitest";

import type { Reading } from "../lens/reading";
import { everyStatistic } from "../lens/testing";
import { changedColumns } from "./changedColumns";

/** One layer and the output row over these tokens; each cell's likeliest token is its own position. */
function readingOf(ids: readonly number[], value: (cell: number) => number = () => 1): Reading {
  const cells = 2 * ids.length;
  const values = () => Float32Array.from({ length: cells }, (_, cell) => value(cell));
  return {
    backend: "wasm",
    model: { name: "tiny", family: "llama", nLayers: 1, dModel: 4, vocab: 8, sha256: "ab" },
    lens: { kind: "tuned", name: "tuned", sha256: null },
    prompt: "",
    tokens: ids.map((id) => ({ id, text: String(id) })),
    targets: ids.map((_, i) => ids[i + 1] ?? null),
    rows: [0, "output"],
    withoutLens: [],
    statistics: everyStatistic(values),
    topK: {
      k: 1,
      ids: Int32Array.from({ length: cells }, (_, cell) => cell % ids.length),
      logProbs: new Float32Array(cells).fill(-1),
      finalLogProbs: new Float32Array(cells).fill(-1),
    },
    texts: new Map(),
    progress: { done: cells, all: cells },
  };
}

const columns = (before: Reading, after: Reading) =>
  changedColumns(before, after, "klFromFinal").flatMap((is, position) => (is ? [position] : []));

test("changedColumns finds none where nothing has changed but the end's neighbour", () => {
  expect(columns(readingOf([1, 2, 3, 4]), readingOf([1, 2, 3, 4]))).toEqual([3]);
});

test("changedColumns finds the token that was added and the one before it", () => {
  expect(columns(readingOf([1, 2, 3]), readingOf([1, 2, 3, 4]))).toEqual([2, 3]);
});

test("changedColumns finds a cell that changed, in any row, and the columns beside it", () => {
  const changed = readingOf([1, 2, 3, 4, 5, 6], (cell) => (cell === 7 ? 2 : 1));
  expect(columns(readingOf([1, 2, 3, 4, 5, 6]), changed)).toEqual([0, 1, 2, 5]);
});

test("changedColumns takes a value that is not there yet for the same as itself", () => {
  const waiting = () => readingOf([1, 2, 3, 4], () => Number.NaN);
  expect(columns(waiting(), waiting())).toEqual([3]);
  expect(columns(waiting(), readingOf([1, 2, 3, 4]))).toEqual([0, 1, 2, 3]);
});

test("changedColumns finds all where a row that has nothing is one without a lens from now on", () => {
  const waiting = readingOf([1, 2, 3, 4], () => Number.NaN);
  const lacking = { ...waiting, withoutLens: [0] };
  expect(columns(waiting, lacking)).toEqual([0, 1, 2, 3]);
  expect(columns(lacking, waiting)).toEqual([0, 1, 2, 3]);
  expect(columns(lacking, { ...lacking })).toEqual([3]);
});

test("changedColumns finds another token at the same place", () => {
  expect(columns(readingOf([1, 2, 3, 4, 5]), readingOf([1, 9, 3, 4, 5]))).toEqual([0, 1, 2, 4]);
});
