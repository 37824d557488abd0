import { expect, test } from "vitest";

import { normals, random } from "../math/random";
import { logSoftmax } from "../math/softmax";
import { chooseTokens } from "./tokenSubset";

const none = new Int32Array();
const likely = (vocab: number, seed: number) =>
  Float32Array.from(logSoftmax(normals(vocab, 2, seed)), Math.exp);

test("chooseTokens() takes the likeliest, and draws the others, which stand for the rest", () => {
  const probs = likely(1000, 1);
  const { ids, logWeights } = chooseTokens(probs, { likeliest: 50, others: 30 }, none, random(1))!;
  expect(ids).toHaveLength(80);
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids).size).toBe(80);
  const order = Array.from(probs.keys()).sort((a, b) => probs[b] - probs[a]);
  const certain = ids.filter((_, i) => logWeights[i] === 0);
  expect(certain).toEqual(Int32Array.from(order.slice(0, 50)).sort());
  const drawn = logWeights.filter((weight) => weight !== 0);
  expect(drawn).toEqual(new Float32Array(30).fill(Math.log(950 / 30)));
});

test("chooseTokens() is the same for the same seed, other for another", () => {
  const choose = (seed: number) =>
    chooseTokens(likely(500, 2), { likeliest: 20, others: 20 }, none, random(seed));
  expect(choose(1)).toEqual(choose(1));
  expect(choose(1)).not.toEqual(choose(2));
});

test("chooseTokens() draws each of the rest as often", () => {
  const probs = likely(60, 3);
  const uniform = random(4);
  const times = new Float64Array(60);
  for (let i = 0; i < 4000; ++i)
    for (const id of chooseTokens(probs, { likeliest: 10, others: 5 }, none, uniform)!.ids)
      times[id] += 1 / 4000;
  expect(times.filter((share) => share > 0.999)).toHaveLength(10);
  // Five deviations of the share of 4,000 draws with a chance of a tenth are 0.024.
  for (const share of times) if (share < 0.9) expect(Math.abs(share - 5 / 50)).toBeLessThan(0.024);
});

test("chooseTokens() has every target, in the place of the least likely", () => {
  const probs = likely(300, 5);
  const order = Array.from(probs.keys()).sort((a, b) => probs[b] - probs[a]);
  const targets = Int32Array.of(order[299], -1, order[298], order[299], order[0]);
  const subset = chooseTokens(probs, { likeliest: 20, others: 10 }, targets, random(1))!;
  const certain = subset.ids.filter((_, i) => subset.logWeights[i] === 0);
  expect(certain).toEqual(Int32Array.from([...order.slice(0, 18), order[298], order[299]]).sort());
});

test("chooseTokens() keeps all targets where they are more than the likeliest", () => {
  const targets = Int32Array.of(3, 1, 4, 1, 5, 9, 2, 6);
  const subset = chooseTokens(likely(50, 6), { likeliest: 0, others: 4 }, targets, random(1))!;
  expect(subset.ids.filter((_, i) => subset.logWeights[i] === 0)).toEqual(
    Int32Array.of(1, 2, 3, 4, 5, 6, 9),
  );
  expect(subset.ids).toHaveLength(11);
  expect(Math.max(...subset.logWeights)).toBeCloseTo(Math.log(43 / 4), 6);
});

test("chooseTokens() has the number of tokens that was asked for where all are as likely, or only drawn", () => {
  const equal = new Float32Array(100).fill(0.01);
  const first = chooseTokens(equal, { likeliest: 10, others: 0 }, none, random(1))!;
  expect(first.ids).toEqual(Int32Array.from({ length: 10 }, (_, id) => id));
  const drawn = chooseTokens(equal, { likeliest: 0, others: 10 }, none, random(1))!;
  expect(drawn.ids).toHaveLength(10);
  expect(drawn.logWeights).toEqual(new Float32Array(10).fill(Math.log(10)));
});

test("chooseTokens() is null where the vocabulary is not larger", () => {
  const probs = likely(100, 7);
  expect(chooseTokens(probs, { likeliest: 60, others: 40 }, none, random(1))).toBeNull();
  expect(chooseTokens(probs, { likeliest: 60, others: 39 }, none, random(1))).not.toBeNull();
});

test("with its weights, the gradient over chooseTokens() is that of the vocabulary in the mean", () => {
  const vocab = 2000;
  const final = normals(vocab, 2, 8);
  const lens = normals(vocab, 2, 9).map((z, v) => 0.5 * z + 0.5 * final[v]);
  const feature = normals(vocab, 1, 10); // one column of the unembedding
  const slopeOf = (ids: Int32Array, weights: Float32Array) => {
    const meanOf = (logits: Float32Array) =>
      logSoftmax(Array.from(ids, (id, i) => logits[id] + weights[i])).reduce(
        (sum, logProb, i) => sum + Math.exp(logProb) * feature[ids[i]],
        0,
      );
    return meanOf(lens) - meanOf(final);
  };
  const all = Int32Array.from({ length: vocab }, (_, id) => id);
  const whole = slopeOf(all, new Float32Array(vocab));
  const probs = Float32Array.from(logSoftmax(final), Math.exp);
  const uniform = random(11);
  const draws = Array.from({ length: 400 }, () => {
    const { ids, logWeights } = chooseTokens(
      probs,
      { likeliest: 200, others: 200 },
      none,
      uniform,
    )!;
    return [slopeOf(ids, logWeights), slopeOf(ids, new Float32Array(ids.length))];
  });
  const mean = (which: number) => draws.reduce((sum, draw) => sum + draw[which], 0) / 400;
  const spread = Math.sqrt(draws.reduce((sum, [x]) => sum + (x - mean(0)) ** 2, 0)) / 400;
  // Five deviations of the mean; the softmax of a sample has a bias of its own, some tenth of that.
  expect(Math.abs(mean(0) - whole)).toBeLessThan(5 * spread);
  expect(Math.abs(mean(1) - whole)).toBeGreaterThan(20 * spread); // without them it is another
});
