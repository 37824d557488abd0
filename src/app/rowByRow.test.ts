import { expect, test } from "vitest";

import type { Reading } from "../lens/reading";
import { advance, drawAlike } from "./rowByRow";

/** Two positions and three rows; `kl` by row, NaN where a row is not computed. */
function readingOf(kl: readonly number[], prompt = "ab"): Reading {
  const none = new Float32Array(6);
  return {
    backend: "wasm",
    model: { name: "", family: "llama", nLayers: 2, dModel: 1, vocab: 9, sha256: "" },
    lens: { kind: "tuned", name: "", sha256: null },
    prompt,
    tokens: Array.from(prompt, (text) => ({ id: text.charCodeAt(0), text })),
    targets: [2, null],
    rows: [0, 1, "output"],
    statistics: {
      entropy: none,
      klFromFinal: Float32Array.from(kl.flatMap((x) => [x, x])),
      maxProb: none,
      crossEntropy: none,
      rank: none,
      finalTopLogProb: none,
    },
    topK: { k: 1, ids: new Int32Array(6), logProbs: none, finalLogProbs: none },
    texts: new Map(),
    progress: { done: 1, all: 1 },
  };
}

const columns = { from: 0, to: 2 };
const show = (reading: Reading) => ({ reading, columns });

test("advance draws the output row first, and no more rows than there is room for", () => {
  const next = show(readingOf([2, 1, 0]));
  const first = advance([], next, 2);
  expect(first).toEqual([next]);
  expect(advance(first, next, 4)).toEqual([next, next, next]);
});

test("advance draws one row where even that is too much for a frame", () => {
  const next = show(readingOf([2, 1, 0]));
  expect(advance([], next, 1)).toEqual([next]);
});

test("advance spends nothing on rows that stay as they are", () => {
  const before = show(readingOf([Number.NaN, 1, 0]));
  const after = show(readingOf([2, 1, 0]));
  expect(advance([before, before, before], after, 2)).toEqual([after, after, after]);
});

test("advance starts over with another prompt", () => {
  const before = show(readingOf([2, 1, 0]));
  const after = show(readingOf([2, 1, 0], "xy"));
  expect(advance([before, before, before], after, 2)).toEqual([after]);
});

test("drawAlike tells a row that was computed from one that was not", () => {
  const before = show(readingOf([Number.NaN, 1, 0]));
  const after = show(readingOf([2, 1, 0]));
  expect([0, 1, 2].map((row) => drawAlike(before, after, row))).toEqual([false, true, true]);
});

test("drawAlike looks at the columns too", () => {
  const reading = readingOf([2, 1, 0]);
  expect(drawAlike(show(reading), { reading, columns: { from: 1, to: 2 } }, 2)).toBe(false);
});
