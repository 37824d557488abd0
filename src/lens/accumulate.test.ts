import { expect, test } from "vitest";

import { accumulate, allRows, type ReadingHead } from "./accumulate";
import type { RowStatistics } from "./backend";

const head: ReadingHead = {
  backend: "wasm",
  model: { name: "m", family: "llama", nLayers: 2, dModel: 4, vocab: 9, sha256: "" },
  lens: { kind: "logit", name: "logit lens", sha256: null },
  prompt: "ab",
  tokens: [
    { id: 1, text: "a" },
    { id: 2, text: "b" },
  ],
  targets: [2, null],
  rows: allRows(2),
};

const block = (row: RowStatistics["row"], start: number, value: number): RowStatistics => {
  const one = Float32Array.of(value);
  return {
    row,
    start,
    entropy: one,
    klFromFinal: one,
    maxProb: one,
    crossEntropy: one,
    rank: one,
    finalTopLogProb: one,
    topIds: Int32Array.of(7, 8),
    topLogProbs: Float32Array.of(-1, -2),
    topFinalLogProbs: Float32Array.of(-3, -4),
  };
};

test("a reading holds NaN where nothing was computed, and each block in its row and positions", () => {
  const gathered = accumulate(head, 2, (id) => `<${id}>`);
  gathered.add(block("output", 1, 5));
  gathered.add(block(0, 0, 6));
  const { statistics, topK, texts, progress } = gathered.reading();
  expect([...statistics.entropy]).toEqual([6, NaN, NaN, NaN, NaN, 5]);
  expect([...topK.ids.subarray(10)]).toEqual([7, 8]);
  expect([...topK.finalLogProbs.subarray(0, 2)]).toEqual([-3, -4]);
  expect(texts.get(8)).toBe("<8>");
  expect(progress).toEqual({ done: 2, all: 6 });
});

test("a reading that was taken does not change when more arrives", () => {
  const gathered = accumulate(head, 2, String);
  const before = gathered.reading();
  gathered.add(block(1, 0, 5));
  expect(before.statistics.entropy[2]).toBeNaN();
  expect(before.progress.done).toBe(0);
});

test("a row that was not asked for is left out", () => {
  const gathered = accumulate({ ...head, rows: ["output"] }, 2, String);
  gathered.add(block(1, 0, 5));
  expect(gathered.reading().progress).toEqual({ done: 0, all: 2 });
});
