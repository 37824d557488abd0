import { expect, test } from "vitest";

import type { Reading } from "../lens/reading";
import { readingOf } from "./engineTesting";
import { lensComparison } from "./lensComparison";

/** A reading of two tokens, with these divergences by row; the output row is the last. */
function reading(kl: readonly number[][], withoutLens: readonly number[] = []): Reading {
  const one = readingOf({ prompt: "ab", lens: "tuned" });
  const rows = [...kl.keys()].map((row) => (row === kl.length - 1 ? "output" : row));
  const all = 2 * (kl.length - withoutLens.length);
  return {
    ...one,
    rows,
    withoutLens,
    statistics: { ...one.statistics, klFromFinal: Float32Array.from(kl.flat()) },
    progress: { done: all, all },
  };
}

const logit = reading([
  [8, 10],
  [12, 14],
  [0, 0],
]);

test("lensComparison is the mean over all layers and positions, without the output row", () => {
  const tuned = reading([
    [1, 2],
    [3, 4],
    [0, 0],
  ]);
  expect(lensComparison(tuned, logit)).toEqual({ lens: 2.5, logit: 11 });
  expect(lensComparison(logit, logit)).toEqual({ lens: 11, logit: 11 });
});

test("lensComparison leaves out, of both, the layers that one of them has not", () => {
  const none = Number.NaN;
  const jacobian = reading(
    [
      [none, none],
      [3, 4],
      [0, 0],
    ],
    [0],
  );
  expect(lensComparison(jacobian, logit)).toEqual({ lens: 3.5, logit: 13 });
});

test("lensComparison is null until both readings are whole", () => {
  const partial = { ...logit, progress: { done: 2, all: 6 } };
  expect(lensComparison(partial, logit)).toBeNull();
  expect(lensComparison(logit, partial)).toBeNull();
});

test("lensComparison is null where the readings are of other cells, or have no such number", () => {
  const other = { ...logit, tokens: logit.tokens.map((token) => ({ ...token, id: 5 })) };
  expect(lensComparison(logit, other)).toBeNull();
  const none = Number.NaN;
  const without = reading([
    [none, none],
    [none, none],
    [none, none],
  ]);
  expect(lensComparison(without, logit)).toBeNull();
});

test("lensComparison is null of a reading that has no layer", () => {
  const output = reading([[0, 0]]);
  expect(lensComparison(output, output)).toBeNull();
});
