import { expect, test } from "vitest";

import { TrainingError } from "../errors";
import { normals } from "../math/random";
import { createMomentAccumulator } from "./moments";
import { solveRidge } from "./ridge";

const dModel = 7;

/** Adds Σ h, Σ h hᵀ and Σ h h_Lᵀ of `[positions, dModel]` states, in plain loops. */
function addBlock(
  sums: ReturnType<typeof createMomentAccumulator>,
  layers: readonly number[],
  hidden: readonly Float32Array[],
) {
  const final = hidden[hidden.length - 1];
  const positions = final.length / dModel;
  const outer = (a: Float32Array, b: Float32Array) =>
    Float64Array.from({ length: dModel * dModel }, (_, at) => {
      let sum = 0;
      for (let row = 0; row < a.length; row += dModel)
        sum += a[row + Math.floor(at / dModel)] * b[row + (at % dModel)];
      return sum;
    });
  sums.addCount(positions);
  for (const [layer, h] of hidden.entries()) {
    const sum = new Float32Array(dModel);
    h.forEach((value, at) => {
      sum[at % dModel] += value;
    });
    sums.addSums(layer, sum);
  }
  for (const [index, layer] of layers.entries())
    sums.addProducts(index, outer(hidden[layer], hidden[layer]), outer(hidden[layer], final));
}

const layers = [1, 2];
const hidden = [1, 2, 3, 4].map((seed) => normals(40 * dModel, seed, seed).map((x) => x + seed));
const momentsOf = (states: readonly Float32Array[]) => {
  const sums = createMomentAccumulator(layers, dModel);
  addBlock(sums, layers, states);
  return sums.read();
};

test("solveRidge() leaves an error that no state explains, but for the penalty of W", async () => {
  const moments = momentsOf(hidden);
  for (const [index, layer] of layers.entries()) {
    const { weight, bias } = await solveRidge(moments, layer, index, 0.1);
    const h = hidden[layer];
    const errors = h.map((value, at) => {
      const [row, out] = [at - (at % dModel), at % dModel];
      let translated = value + bias[out];
      for (let i = 0; i < dModel; ++i) translated += weight[out * dModel + i] * h[row + i];
      return translated - hidden[3][at];
    });
    const mean = (i: number) => h.reduce((sum, x, at) => sum + (at % dModel === i ? x : 0), 0) / 40;
    const trace = h.reduce((sum, x, at) => sum + (x - mean(at % dModel)) ** 2, 0);
    for (let out = 0; out < dModel; ++out) {
      // Half the gradient with respect to b, then to each of W; states and parameters are in float32.
      const slopeOf = (x: (row: number) => number) =>
        errors.reduce((sum, error, at) => sum + (at % dModel === out ? error * x(at - out) : 0), 0);
      expect(slopeOf(() => 1)).toBeCloseTo(0, 3);
      for (let i = 0; i < dModel; ++i)
        expect(
          slopeOf((row) => h[row + i]) + (0.1 * trace * weight[out * dModel + i]) / dModel,
        ).toBeCloseTo(0, 2);
    }
  }
});

test("solveRidge() finds the affine map that there is, where the ridge is small", async () => {
  const map = normals(dModel * dModel, 0.3, 5);
  const final = hidden[1].map((value, at) => {
    const [row, out] = [at - (at % dModel), at % dModel];
    let sum = value + out;
    for (let i = 0; i < dModel; ++i) sum += map[out * dModel + i] * hidden[1][row + i];
    return sum;
  });
  const { weight, bias } = await solveRidge(momentsOf([...hidden.slice(0, 3), final]), 1, 0, 1e-9);
  weight.forEach((w, i) => expect(w).toBeCloseTo(map[i], 5));
  bias.forEach((b, out) => expect(b).toBeCloseTo(out, 4));
});

test("moments that are added in parts, or loaded on the way, are those of the whole", () => {
  const part = (from: number, to: number) =>
    hidden.map((states) => states.subarray(from * dModel, to * dModel));
  const first = createMomentAccumulator(layers, dModel);
  addBlock(first, layers, part(0, 15));
  const second = createMomentAccumulator(layers, dModel);
  second.load(first.read());
  addBlock(second, layers, part(15, 40));
  const whole = momentsOf(hidden);
  const read = second.read();
  expect(read.count).toBe(40);
  const lists = [
    [read.sums, whole.sums],
    [read.squares, whole.squares],
    [read.products, whole.products],
  ];
  for (const [parts, all] of lists) {
    expect(parts).toHaveLength(all.length);
    parts.forEach((values, i) =>
      values.forEach((value, at) => expect(value).toBeCloseTo(all[i][at], 3)),
    );
  }
  expect(first.read().count).toBe(15); // what was loaded was copied
  expect(first.read().sums[0]).not.toEqual(read.sums[0]);
});

test("solveRidge() only adds the mean difference where all positions are the same", async () => {
  const same = hidden.map((states) => states.map((_, at) => states[at % dModel] * (1 + 1e-9 * at)));
  const { weight, bias } = await solveRidge(momentsOf(same), 1, 0, 1e-4);
  expect(weight).toEqual(new Float32Array(dModel * dModel));
  bias.forEach((b, out) => expect(b).toBeCloseTo(same[3][out] - same[1][out], 4));
});

test("solveRidge() says where it has no solution", async () => {
  const spoiled = hidden.map((states) => states.slice());
  spoiled[1][3] = Number.NaN;
  await expect(solveRidge(momentsOf(spoiled), 1, 0, 1e-4)).rejects.toThrow(TrainingError);
  await expect(solveRidge(momentsOf(spoiled), 1, 0, 1e-4)).rejects.toThrow("layer 1");
  const few = hidden.map((states) => states.subarray(0, 3 * dModel)); // rank 2 of 7
  await expect(solveRidge(momentsOf(few), 1, 0, 0)).rejects.toThrow("larger ridge");
  expect((await solveRidge(momentsOf(few), 1, 0, 1e-4)).weight.every(Number.isFinite)).toBe(true);
});
