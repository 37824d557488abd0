import { describe, expect, test } from "vitest";

import { TrainingError } from "../errors";
import { normals } from "../math/random";
import { createArrayTrainer, type GradientOf } from "./arrayTrainer";
import { newtonSchulz } from "./newtonSchulz";
import { plainSpace } from "./parameterSpace";
import { openSimdSpace } from "./simdSpace";
import type { LayerScale, Sequence, TrainerOptions } from "./trainingBackend";

const dModel = 4;
const layers = [1, 3];

/** A bowl whose middle is the sequence's hidden states: the loss is half the squared distance. */
const gradient: GradientOf<Float32Array> = async ({ hidden }, layers, translators) => {
  const weights = translators.map(({ weight }, i) =>
    Float64Array.from(weight, (w, at) => w - hidden[layers[i]][at]),
  );
  const biases = translators.map(({ bias }, i) =>
    Float64Array.from(bias, (b, at) => b - hidden[layers[i]][dModel * dModel + at]),
  );
  const half = (values: Float64Array) => values.reduce((sum, x) => sum + x * x, 0) / 2;
  return {
    losses: Float32Array.from(layers, (_, i) => half(weights[i]) + half(biases[i])),
    weights,
    biases,
  };
};
const sequenceOf = (seed: number): Sequence<Float32Array> => ({
  hidden: [0, 1, 2, 3].map((layer) => normals(dModel * (dModel + 1), 1, 10 * seed + layer)),
  positions: 1,
  targets: Int32Array.of(-1),
});
const translators = [1, 2].map((seed) => ({
  weight: normals(dModel * dModel, 0.1, seed),
  bias: normals(dModel, 0.1, seed + 2),
}));
const one: LayerScale = { weight: 1, bias: 1 };
const optionsWith = (settings: Partial<TrainerOptions["settings"]> = {}): TrainerOptions => ({
  translators,
  layers,
  scales: [one, one],
  settings: {
    method: "adam",
    parts: "whole",
    weightDecay: 0.01,
    clip: 1,
    schedule: "averaged",
    ...settings,
  },
});
const float32 = () => plainSpace(Float32Array);
const float64 = () => plainSpace(Float64Array);
const parts = { gradient, orthogonalise: newtonSchulz };
const openScaled = (
  scales: readonly LayerScale[],
  settings: Partial<TrainerOptions["settings"]>,
  openSpace: typeof openSimdSpace = float32,
) => createArrayTrainer({ ...optionsWith(settings), scales }, parts, openSpace);
const open = (
  settings: Partial<TrainerOptions["settings"]> = {},
  openSpace: typeof openSimdSpace = float32,
) => openScaled([one, one], settings, openSpace);
type Trainer = ReturnType<typeof open>;

const takeSteps = async (trainer: Trainer, from: number, to: number) => {
  for (let step = from; step < to; ++step) {
    await trainer.accumulate(sequenceOf(step), "kl", null, 1);
    await trainer.step(0.1 * (1 - step / 10));
  }
};

describe.each([
  ["float32", float32],
  ["float64", float64],
  ["vectors", openSimdSpace],
] as const)("createArrayTrainer() in %s", (_, openSpace) => {
  test.each([
    ["sgd", "whole", "falling"],
    ["adam", "whole", "averaged"],
    ["muon", "whole", "averaged"],
    ["sgd", "bias", "averaged"],
    ["adam", "bias", "falling"],
    ["muon", "bias", "falling"],
  ] as const)("goes on bit for bit from what it saved: %s, %s, %s", async (...settings) => {
    const [method, parts, schedule] = settings;
    const uninterrupted = open({ method, parts, schedule }, openSpace);
    await takeSteps(uninterrupted, 0, 7);
    const first = open({ method, parts, schedule }, openSpace);
    await takeSteps(first, 0, 3);
    const saved = await first.save();
    await takeSteps(first, 3, 5); // what was saved is a copy
    const resumed = open({ method, parts, schedule }, openSpace);
    await resumed.accumulate(sequenceOf(99), "kl", null, 1); // and nothing is left of before
    resumed.load(saved);
    await takeSteps(resumed, 3, 7);
    expect(await resumed.save()).toEqual(await uninterrupted.save());
    expect(await resumed.translators()).toEqual(await uninterrupted.translators());
  });
});

test("createArrayTrainer() names what it saves by layer", async () => {
  const namesOf = async (trainer: Trainer) => [...(await trainer.save()).keys()];
  const adam = ["1.weight", "3.weight", "1.bias", "3.bias"].map((name) => [
    ...[name, `${name}.average`, `${name}.mean`, `${name}.square`],
  ]);
  expect(await namesOf(open())).toEqual(["step", ...adam.flat()]);
  const sgd = open({ method: "sgd", parts: "bias", schedule: "falling" });
  expect(await namesOf(sgd)).toEqual([
    ...["step", "1.bias", "1.bias.momentum", "3.bias", "3.bias.momentum"],
  ]);
});

test("two halves of a step are as one, and two sequences are the mean of theirs", async () => {
  const [a, b] = [sequenceOf(1), sequenceOf(2)];
  const middle = {
    ...a,
    hidden: a.hidden.map((states, layer) => states.map((x, i) => (x + b.hidden[layer][i]) / 2)),
  };
  const halves = open({ method: "sgd" });
  await halves.accumulate(a, "kl", null, 0.5);
  await halves.accumulate(a, "kl", null, 0.5);
  const whole = open({ method: "sgd" });
  await whole.accumulate(a, "kl", null, 1);
  expect(await halves.step(0.1)).toBe(await whole.step(0.1));
  expect(await halves.save()).toEqual(await whole.save());

  const two = open({ method: "sgd" }, float64);
  await two.accumulate(a, "kl", null, 0.5);
  await two.accumulate(b, "kl", null, 0.5);
  const one = open({ method: "sgd" }, float64);
  await one.accumulate(middle, "kl", null, 1);
  // The middle's states were rounded to float32.
  expect(await two.step(0.1)).toBeCloseTo(await one.step(0.1), 6);
  const expected = await one.translators();
  for (const [i, { weight }] of (await two.translators()).entries())
    weight.forEach((w, at) => expect(w).toBeCloseTo(expected[i].weight[at], 6));
});

test("step() returns the norm of all layers' gradients before it clips them", async () => {
  const long = { ...sequenceOf(1), hidden: sequenceOf(1).hidden.map((h) => h.map((x) => 100 * x)) };
  const settings = { method: "sgd", weightDecay: 0, clip: 0.5, schedule: "falling" } as const;
  const clipped = open(settings, float64);
  const losses = await clipped.accumulate(long, "kl", null, 1);
  const norm = await clipped.step(1 / 1.9);
  expect(norm).toBeCloseTo(Math.sqrt(2 * (losses[0] + losses[1])), 3);
  let moved = 0;
  for (const [i, { weight, bias }] of (await clipped.translators()).entries()) {
    weight.forEach((w, at) => {
      moved += (w - translators[i].weight[at]) ** 2;
    });
    bias.forEach((b, at) => {
      moved += (b - translators[i].bias[at]) ** 2;
    });
  }
  expect(Math.sqrt(moved)).toBeCloseTo(0.5, 5);
  expect(await clipped.step(0)).toBe(0); // the gradients were used up
});

test.each(["sgd", "adam", "muon"] as const)(
  "bias only leaves every W as it was, and needs no gradient of it: %s",
  async (method) => {
    const ofBiases: typeof gradient = async (...given) => ({
      ...(await gradient(...given)),
      weights: null,
    });
    const trainer = createArrayTrainer(
      optionsWith({ method, parts: "bias" }),
      { ...parts, gradient: ofBiases },
      float32,
    );
    await takeSteps(trainer, 0, 3);
    for (const [i, { weight, bias }] of (await trainer.translators()).entries()) {
      expect(weight).toEqual(translators[i].weight);
      expect(bias).not.toEqual(translators[i].bias);
    }
  },
);

describe("a layer's scale", () => {
  test.each(["sgd", "adam", "muon"] as const)(
    "multiplies the rate of its steps: %s",
    async (method) => {
      const settings = { method, clip: null } as const;
      const taken = async (weight: number, bias: number, rate: number) => {
        const trainer = openScaled([one, { weight, bias }], settings);
        for (let step = 0; step < 3; ++step) {
          await trainer.accumulate(sequenceOf(step), "kl", null, 1);
          await trainer.step(rate);
        }
        return trainer.translators();
      };
      const [slow, fast] = [await taken(1, 1, 0.05), await taken(1, 1, 0.2)];
      const scaled = await taken(0.5, 2, 0.1);
      expect(scaled[0]).toEqual((await taken(1, 1, 0.1))[0]);
      expect(scaled[1]).toEqual({ weight: slow[1].weight, bias: fast[1].bias });
    },
  );

  test.each(["sgd", "adam", "muon"] as const)("of 0 leaves it as it was: %s", async (method) => {
    const trainer = openScaled([{ weight: 0, bias: 0 }, one], { method });
    await takeSteps(trainer, 0, 3);
    const [still, moved] = await trainer.translators();
    expect(still).toEqual(translators[0]);
    expect(moved.weight).not.toEqual(translators[1].weight);
    expect(moved.bias).not.toEqual(translators[1].bias);
  });
});

describe("where the schedule is averaged, translators()", () => {
  test.each(["whole", "bias"] as const)(
    "are means of the parameters after each step, weighed by s (s + 1) (s + 2) after step s: %s",
    async (parts) => {
      // Gradients are of the parameters, so that those of both go the same way.
      const settings = { parts, method: "sgd" } as const;
      const averaged = open({ ...settings, schedule: "averaged" }, float64);
      const plain = open({ ...settings, schedule: "falling" }, float64);
      const steps = 6;
      const weights = Array.from({ length: steps }, (_, i) => (i + 1) * (i + 2) * (i + 3));
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const means = translators.map(({ weight, bias }) => ({
        weight: new Float64Array(weight.length),
        bias: new Float64Array(bias.length),
      }));
      for (let step = 0; step < steps; ++step) {
        for (const trainer of [averaged, plain]) await takeSteps(trainer, step, step + 1);
        for (const [i, parameters] of (await plain.translators()).entries())
          for (const part of ["weight", "bias"] as const)
            for (const [at, value] of parameters[part].entries())
              means[i][part][at] += (weights[step] / total) * value;
      }
      for (const [i, found] of (await averaged.translators()).entries()) {
        // Both were rounded to float32.
        for (const part of ["weight", "bias"] as const)
          for (const [at, value] of found[part].entries())
            expect(value).toBeCloseTo(means[i][part][at], 6);
        if (parts === "bias") expect(found.weight).toEqual(translators[i].weight);
        expect(found.bias).not.toEqual((await plain.translators())[i].bias);
      }
    },
  );

  test("are the start before the first step, and its parameters after it", async () => {
    const [averaged, plain] = [open(), open({ schedule: "falling" })];
    await averaged.accumulate(sequenceOf(0), "kl", null, 1);
    expect(await averaged.translators()).toEqual(translators);
    await averaged.step(0.1);
    await takeSteps(plain, 0, 1);
    expect(await averaged.translators()).toEqual(await plain.translators());
  });
});

test("translators() are copies, and so is what the trainer was opened with", async () => {
  const trainer = open();
  const before = await trainer.translators();
  expect(before).toEqual(translators);
  await takeSteps(trainer, 0, 1);
  expect(before).toEqual(translators);
  const after = await trainer.translators();
  after[0].weight.fill(7);
  expect((await trainer.translators())[0].weight).not.toEqual(after[0].weight);
});

test("load() says what does not fit", async () => {
  const saved = new Map(await open().save());
  saved.delete("3.bias.mean");
  expect(() => open().load(saved)).toThrow(TrainingError);
  expect(() => open().load(saved)).toThrow("no values of 3.bias.mean, not 4");
  saved.set("3.bias.mean", new Float32Array(5));
  expect(() => open().load(saved)).toThrow("5 values of 3.bias.mean, not 4");
});
