import { expect, test } from "vitest";

import { logSoftmax, logSumExp } from "./softmax";

test("logSumExp() of n equal logits is the logit plus ln(n)", () => {
  expect(logSumExp(new Float32Array(1000).fill(7))).toBeCloseTo(7 + Math.log(1000), 12);
});

test("logSumExp() neither overflows nor vanishes", () => {
  expect(logSumExp([1e5, 1e5])).toBeCloseTo(1e5 + Math.LN2, 9);
  expect(logSumExp([-1e5, -1e5])).toBeCloseTo(-1e5 + Math.LN2, 9);
});

test("logSoftmax() sums to one, and a shift of all logits changes nothing", () => {
  const logits = [0.5, -2, 3, 3];
  const logProbs = logSoftmax(logits);
  expect(logProbs.reduce((sum, x) => sum + Math.exp(x), 0)).toBeCloseTo(1, 14);
  const shifted = logSoftmax(logits.map((x) => x + 40));
  logProbs.forEach((x, i) => {
    expect(shifted[i]).toBeCloseTo(x, 12);
  });
});
