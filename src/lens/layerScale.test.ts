import { expect, test } from "vitest";

import { normals } from "../math/random";
import { layerScale } from "./layerScale";

const dModel = 3;
const positions = 7;
const zeros = { weight: new Float32Array(dModel * dModel), bias: new Float32Array(dModel) };
/** Small whole numbers, of which sums and products are exact. */
const wholes = (count: number, seed: number) => normals(count, 3, seed).map(Math.round);
const hidden = wholes(positions * dModel, 1);
const translator = { weight: wholes(dModel * dModel, 2), bias: wholes(dModel, 3) };
const final = normals(positions * dModel, 4, 4);

test("layerScale() is 0 where the translator explains all", () => {
  const { weight, bias } = translator;
  const explained = hidden.map((h, at) => {
    const row = at - (at % dModel);
    const out = at % dModel;
    const inputs = hidden.subarray(row, row + dModel);
    return h + bias[out] + inputs.reduce((sum, x, k) => sum + weight[out * dModel + k] * x, 0);
  });
  expect(layerScale(translator, hidden, explained)).toEqual({ weight: 0, bias: 0 });
});

test("layerScale() is the share that is left for a weight, and three times its size for a bias", () => {
  // Root mean squares 5, 2 and 10, of which nothing is explained, then half.
  const states = Float32Array.of(5, -5, 5, 2, 2, -2, 10, 10, 10);
  expect(layerScale(zeros, new Float32Array(9), states)).toEqual({ weight: 1, bias: 15 });
  const half = states.map((x) => x / 2);
  expect(layerScale(zeros, half, states)).toEqual({ weight: 0.5, bias: 7.5 });
});

test("layerScale() of states in another unit is the same for a weight, and in that unit for a bias", () => {
  const scale = layerScale(translator, hidden, final);
  const times = (values: Float32Array) => values.map((x) => 8 * x);
  const { weight, bias } = layerScale(
    { weight: translator.weight, bias: times(translator.bias) },
    times(hidden),
    times(final),
  );
  expect(scale.weight).toBeGreaterThan(0);
  expect(weight).toBeCloseTo(scale.weight, 12);
  expect(bias / scale.bias).toBeCloseTo(8, 12);
});

test("layerScale() does not see by how much one position is larger than the others", () => {
  const withSink = (factor: number) =>
    final.map((x, at) => (at < dModel ? factor * (1 + Math.abs(x)) : x));
  const [sink, larger] = [30, 3e4].map((factor) =>
    layerScale(translator, hidden, withSink(factor)),
  );
  expect(larger).toEqual(sink);
});
