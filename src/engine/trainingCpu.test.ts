import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

import { lensGradient } from "../lens/lensGradient";
import { solveRidge } from "../lens/ridge";
import { createCpuTraining } from "./trainingCpu";
import { goldenMethods, goldenSteps, openTrainingGoldens, relativeError } from "./trainingGoldens";

const goldens = await openTrainingGoldens(
  async (path) => new Uint8Array(await readFile(new URL(`fixtures/${path}`, import.meta.url))),
);
const { unembed, layers, sequence } = goldens;
const training = createCpuTraining(unembed);

// Hidden states, goldens and what is compared with them were rounded to float32, 6e-8 each. A first step of
// Adam divides each gradient by its own size, so that those near zero are off by more: 1.8e-6 in all.
const tolerance = 3e-6;

test("lensGradient() is the reference's gradient", () => {
  const zeros = goldens.options("sgd").translators;
  const gradient = layers.map((layer) => {
    const { weight, bias } = lensGradient(unembed, sequence, layer, zeros[layer], "kl", null);
    return { weight: new Float32Array(weight), bias: new Float32Array(bias) };
  });
  expect(relativeError(gradient, goldens.gradient)).toBeLessThan(tolerance);
});

test.each(goldenMethods)(
  "createCpuTraining() with %s has the reference's parameters after 1, 10 and 100 steps, and its losses",
  async (method) => {
    const trainer = await training.openTrainer(goldens.options(method));
    for (let step = 0; step < 100; ++step) {
      const losses = await trainer.accumulate(sequence, "kl", null, 1);
      for (const layer of layers)
        expect(losses[layer] / goldens.losses[method][step][layer]).toBeCloseTo(1, 6);
      await trainer.step(goldens.rate(method, step));
      const golden = goldenSteps.find((at) => at === step + 1);
      if (golden) {
        const translators = await trainer.translators();
        expect(relativeError(translators, goldens.after(method, golden))).toBeLessThan(tolerance);
      }
    }
  },
);

test("solveRidge() of the moments is the reference's closed form", async () => {
  const sums = training.openMoments(layers);
  const parts = [
    [0, 40],
    [40, 96],
  ];
  for (const [from, to] of parts)
    await sums.add({
      hidden: sequence.hidden.map((h) => h.subarray(from * unembed.dModel)), // with some past the end
      positions: to - from,
      targets: sequence.targets.subarray(from, to),
    });
  const moments = await sums.read();
  expect(moments.count).toBe(96);
  const solved = await Promise.all(layers.map((layer) => solveRidge(moments, layer, layer, 1e-4)));
  expect(relativeError(solved, goldens.ridge)).toBeLessThan(tolerance);

  const again = training.openMoments(layers);
  again.load(moments);
  expect(await again.read()).toEqual(moments);
});

test("statesOf() are copies of the positions that count", async () => {
  const states = await training.statesOf({ ...sequence, positions: 2 }, 1);
  expect(states).toEqual(sequence.hidden[1].slice(0, 2 * unembed.dModel));
  expect(states.buffer).not.toBe(sequence.hidden[1].buffer);
});

test("finalProbs() are means of distributions", async () => {
  const probs = await training.finalProbs(sequence);
  expect(probs).toHaveLength(unembed.vocab);
  expect(probs.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 6);
  const first = await training.finalProbs({ ...sequence, positions: 1 });
  const second = await training.finalProbs({
    ...sequence,
    hidden: sequence.hidden.map((h) => h.subarray(unembed.dModel)),
    positions: 95,
  });
  probs.forEach((p, v) => expect((first[v] + 95 * second[v]) / 96).toBeCloseTo(p, 7));
});
