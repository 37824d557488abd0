import { expect, test } from "vitest";

import { adam } from "./adam";
import { createMuon } from "./muon";
import { averageShare, clipFactor, methodDefaults, type Rule, rateAt, rulesOf } from "./optimizer";
import { sgd } from "./sgd";

// The goldens of 100 steps are in engine/trainingCpu.test.ts; here is what they do not reach.

const take = async (
  rule: Rule,
  parameters: Float64Array,
  gradient: Float64Array,
  { rate = 0.1, decay = 0, step = 1, scale = 1 },
) => {
  const states = rule.states.map(() => new Float64Array(parameters.length));
  await rule.step(parameters, gradient, states, { rate, decay, step, scale });
  return { parameters, states };
};

test("rateAt() falls linearly to 0, and not below; where the lens is an average it stays", () => {
  const steps = [0, 1, 2, 3, 4, 5];
  expect(steps.map((step) => rateAt(step, 4, 0.8, "falling"))).toEqual(
    [0.8, 0.6, 0.4, 0.2, 0, 0].map((rate) => expect.closeTo(rate, 12)),
  );
  expect(steps.map((step) => rateAt(step, 4, 0.8, "averaged"))).toEqual(steps.map(() => 0.8));
});

test("averageShare() takes the first step whole, and weighs later ones by their number's cube", () => {
  expect(averageShare(1)).toBe(1);
  // What a mean of s³ (to the leading order) gives its newest term.
  const cubes = Array.from({ length: 1000 }, (_, i) => (i + 1) ** 3);
  const share = 1000 ** 3 / cubes.reduce((sum, cube) => sum + cube, 0);
  expect(averageShare(1000) / share).toBeCloseTo(1, 2);
});

test("clipFactor() shortens what is longer, by torch's rule", () => {
  expect(clipFactor(0.5, 1)).toBe(1);
  expect(clipFactor(4, 1)).toBeCloseTo(0.25, 6);
  expect(clipFactor(4, null)).toBe(1);
});

test("sgd's first step is of the gradient and its decay, 1.9 times", async () => {
  const gradient = Float64Array.of(1, -2);
  const { parameters } = await take(sgd, Float64Array.of(3, 0), gradient, { decay: 0.5 });
  expect(parameters[0]).toBeCloseTo(3 - 0.1 * 1.9 * (1 + 0.5 * 3), 12);
  expect(parameters[1]).toBeCloseTo(0.1 * 1.9 * 2, 12);
});

test("adam's first step is the rate, whatever the gradient's size; decay is apart from it", async () => {
  const gradient = Float64Array.of(1e-3, -50);
  const { parameters } = await take(adam, Float64Array.of(3, 0), gradient, { decay: 0.5 });
  // 1e-8 beside a gradient of 1e-3.
  expect(parameters[0]).toBeCloseTo(3 * (1 - 0.1 * 0.5) - 0.1, 5);
  expect(parameters[1]).toBeCloseTo(0.1, 9);
});

test("muon steps along what orthogonalise() makes of the look-ahead, and decays apart from it", async () => {
  let given: number[] = [];
  const muon = createMuon(async (matrix) => {
    given = [...matrix];
    return matrix.map((_, i) => i) as typeof matrix;
  });
  const parameters = Float64Array.of(1, 1, 1, 1);
  await take(muon, parameters, Float64Array.of(1, 2, 3, 4), { decay: 0.5 });
  // The average is a tenth of the gradient: 0.1 of it, and 0.9 of a tenth.
  expect(given).toEqual([1, 2, 3, 4].map((g) => expect.closeTo(0.19 * g, 12)));
  parameters.forEach((p, i) => expect(p).toBeCloseTo(0.95 - 0.1 * 0.2 * Math.SQRT2 * i, 12));
});

test.each(["sgd", "adam", "muon"] as const)(
  "%s multiplies the gradient by its scale",
  async (method) => {
    const rules = rulesOf(method, async (matrix) => matrix);
    for (const rule of [rules.weight, rules.bias]) {
      const start = Float64Array.of(1, 2, 3, 4);
      const gradient = Float64Array.of(4, -3, 2, -1);
      const scaled = await take(rule, start.slice(), gradient, { scale: 0.25 });
      const divided = await take(
        rule,
        start.slice(),
        gradient.map((g) => g / 4),
        {},
      );
      expect(scaled).toEqual(divided);
    }
    expect(methodDefaults[method].learningRate).toBeGreaterThan(0);
  },
);
