import { expect, test } from "vitest";

import type { Reading } from "../lens/reading";
import { answerOf } from "./answer";

/** Two positions; the last one's likeliest token by row is `says`, the first one's is always 9. */
function readingThatSays(...says: number[]): Reading {
  const none = new Float32Array(says.length * 2);
  const layers = says.slice(1).map((_, layer) => layer);
  return {
    backend: "wasm",
    model: { name: "", family: "llama", nLayers: layers.length, dModel: 1, vocab: 9, sha256: "" },
    lens: { kind: "tuned", name: "", sha256: null },
    prompt: "a of",
    tokens: [
      { id: 1, text: "a" },
      { id: 2, text: " of" },
    ],
    targets: [2, null],
    rows: [...layers, "output"],
    withoutLens: [],
    statistics: {
      entropy: none,
      klFromFinal: none,
      maxProb: none,
      crossEntropy: none,
      rank: none,
      finalTopLogProb: none,
    },
    topK: {
      k: 1,
      ids: Int32Array.from(says.flatMap((id) => [9, id])),
      logProbs: none.map((_, i) => (i === 2 * says.length - 1 ? Math.log(0.5) : -9)),
      finalLogProbs: none,
    },
    texts: new Map([[7, " Paris"]]),
    progress: { done: 1, all: 1 },
  };
}

test("answerOf says the output row's likeliest token after the last one", () => {
  const answer = answerOf(readingThatSays(1, 7));
  expect(answer).toMatchObject({ after: " of", says: " Paris", since: null });
  expect(answer?.probability).toBeCloseTo(0.5, 6);
});

test("answerOf finds the first layer from which on every row says it", () => {
  expect(answerOf(readingThatSays(7, 1, 7, 7))?.since).toBe(2);
  expect(answerOf(readingThatSays(7, 7, 7))?.since).toBe(0);
});

test("answerOf passes over layers that the lens lacks, and names none of them", () => {
  const lacking = (withoutLens: readonly number[], ...says: number[]) =>
    answerOf({ ...readingThatSays(...says), withoutLens })?.since;
  expect(lacking([2], 1, 7, -1, 7, 7)).toBe(1);
  expect(lacking([0, 1], -1, -1, 7, 7)).toBe(2);
  expect(lacking([3], 1, 7, 1, -1, 7)).toBeNull();
  expect(lacking([1], 7, 1, 7)).toBe(0);
});

test("answerOf is null where the output row lists no token after the last one", () => {
  const reading = readingThatSays(1, 7);
  const logProbs = reading.topK.logProbs.with(3, Number.NaN);
  expect(answerOf({ ...reading, topK: { ...reading.topK, logProbs } })).toBeNull();
});
