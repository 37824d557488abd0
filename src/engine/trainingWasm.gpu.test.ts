import { describe, expect, test } from "vitest";

import { lensGradient } from "../lens/lensGradient";
import { solveRidge } from "../lens/ridge";
import { chooseTokens } from "../lens/tokenSubset";
import type { LensTrainer } from "../lens/trainingBackend";
import type { Translator } from "../lens/translator";
import type { Unembed } from "../lens/unembed";
import { normals, random } from "../math/random";
import { createWasmLens } from "../model/lensWasm";
import { openRuntime } from "../model/runtime";
import { createWasmGradient } from "../model/trainingGradient";
import { createWasmTraining } from "../model/trainingWasm";
import { fixtureBytes } from "./fixtureBytes";
import { createCpuTraining } from "./trainingCpu";
import { goldenMethods, goldenSteps, openTrainingGoldens, relativeError } from "./trainingGoldens";

const runtime = await openRuntime(null);
const goldens = await openTrainingGoldens(fixtureBytes);
const { layers, sequence } = goldens;

async function open(unembed: Unembed) {
  const { dModel, unembedding } = unembed;
  const rowOf = (id: number) => unembedding.subarray(id * dModel, (id + 1) * dModel);
  const rowsOf = (ids: Int32Array) => {
    const rows = new Float32Array(ids.length * dModel);
    for (const [i, id] of ids.entries()) rows.set(rowOf(id), i * dModel);
    return rows;
  };
  const lens = await createWasmLens(runtime, unembed, rowOf);
  return {
    training: createWasmTraining(runtime, unembed, lens, rowsOf),
    gradientOf: (isWhole: boolean) =>
      createWasmGradient(runtime, unembed, lens, rowsOf, isWhole).gradient,
  };
}

describe("createWasmTraining() against the reference", async () => {
  const { training, gradientOf } = await open(goldens.unembed);

  // Measured: 8e-7, the rounding of float32 over a few sums.
  test("its gradient of KL over the whole vocabulary is PyTorch's", async () => {
    const { translators } = goldens.options("sgd");
    const { weights, biases } = await gradientOf(true)(sequence, layers, translators, "kl", null);
    const gradient = layers.map((l) => ({ weight: weights![l], bias: biases[l] }) as Translator);
    expect(relativeError(gradient, goldens.gradient)).toBeLessThan(5e-6);
  });

  // Measured: at most 6e-6, and 5e-5 after one step of Adam, which divides each gradient by its own size.
  test.each(goldenMethods)(
    "training with %s has its losses before each step and its parameters after 1, 10 and 100",
    async (method) => {
      const trainer = await training.openTrainer(goldens.options(method));
      for (let step = 0; step < 100; ++step) {
        const losses = await trainer.accumulate(sequence, "kl", null, 1);
        for (const [i, loss] of losses.entries()) {
          const error = Math.abs(loss / goldens.losses[method][step][i] - 1);
          expect(error, `loss before step ${step}`).toBeLessThan(5e-5);
        }
        await trainer.step(goldens.rate(method, step));
        const golden = goldenSteps.find((at) => at === step + 1);
        if (!golden) continue;
        const error = relativeError(await trainer.translators(), goldens.after(method, golden));
        expect(error, `after ${golden}`).toBeLessThan(1e-4);
      }
    },
  );

  // Measured: 3e-5. What the ridge leaves of the smallest directions is float32's rounding of the largest.
  test("its moments solve to the reference's closed form", async () => {
    const sums = training.openMoments(layers);
    await sums.add(sequence);
    const moments = await sums.read();
    const solved = await Promise.all(
      layers.map((layer) => solveRidge(moments, layer, layer, 1e-4)),
    );
    expect(relativeError(solved, goldens.ridge)).toBeLessThan(1e-4);
  });

  test.each([
    ["adam", "averaged"],
    ["muon", "falling"],
  ] as const)(
    "a resumed training with %s, %s, is bit for bit the uninterrupted one",
    async (method, schedule) => {
      const options = goldens.options(method);
      const open = () =>
        training.openTrainer({ ...options, settings: { ...options.settings, schedule } });
      const steps = async (trainer: LensTrainer<Float32Array>, from: number, to: number) => {
        for (let step = from; step < to; ++step) {
          await trainer.accumulate(sequence, "kl", null, 1);
          await trainer.step(goldens.rate(method, step));
        }
        return trainer.save();
      };
      const whole = await steps(await open(), 0, 5);
      const half = await steps(await open(), 0, 2);
      const resumed = await open();
      resumed.load(half);
      expect(await steps(resumed, 2, 5)).toEqual(whole);
    },
  );
});

describe.each(["rms", "layer"] as const)(
  "createWasmTraining() with the %s norm, past one block of layers and one tile of tokens",
  async (kind) => {
    const [dModel, vocab, nLayers, positions] = [12, 5001, 5, 261];
    const unembed: Unembed = {
      ...{ vocab, dModel, unembedding: normals(vocab * dModel, 0.8, 3) },
      bias: kind === "layer" ? normals(vocab, 1, 4) : null,
      norm: {
        ...{ kind, eps: 1e-5, weight: normals(dModel, 1, 1) },
        bias: kind === "layer" ? normals(dModel, 1, 2) : null,
      },
    };
    const sequence = {
      // More positions than are counted: buffers are larger than their prompts.
      hidden: Array.from({ length: nLayers + 1 }, (_, l) =>
        normals((positions + 3) * dModel, 2, 10 + l),
      ),
      positions,
      targets: Int32Array.from({ length: positions }, (_, i) => (i % 3 ? (i * 7) % vocab : -1)),
    };
    const trained = [0, 1, 3, 4];
    const translators = trained.map((l) => ({
      weight: normals(dModel * dModel, 0.2, 20 + l),
      bias: normals(dModel, 1, 30 + l),
    }));
    const { training, gradientOf } = await open(unembed);
    const definition = createCpuTraining(unembed);
    const finalProbs = await training.finalProbs(sequence);

    test("finalProbs() is the definition's, and sums to 1", async () => {
      const expected = await definition.finalProbs(sequence);
      for (const [id, prob] of finalProbs.entries())
        expect(Math.abs(prob - expected[id]), `${id}`).toBeLessThan(1e-7 + 2e-5 * expected[id]);
      expect(finalProbs.reduce((sum, prob) => sum + prob, 0)).toBeCloseTo(1, 5);
    });

    const subset = chooseTokens(
      finalProbs,
      { likeliest: 2000, others: 2400 },
      sequence.targets,
      random(5),
    );
    const few = chooseTokens(
      finalProbs,
      { likeliest: 200, others: 50 },
      sequence.targets,
      random(5),
    );

    // Measured: at most 2e-6 of the norm of a gradient, 5e-6 nats of losses from 4 to 18.
    test.each([
      ["kl", "the whole vocabulary", null],
      ["kl", "most tokens", subset],
      ["kl", "few tokens", few],
      ["crossEntropy", "the whole vocabulary", null],
      ["crossEntropy", "most tokens", subset],
      ["crossEntropy", "few tokens", few],
    ] as const)("the gradient of %s over %s is the definition's", async (loss, _, tokens) => {
      const whole = await gradientOf(true)(sequence, trained, translators, loss, tokens);
      const ofBiases = await gradientOf(false)(sequence, trained, translators, loss, tokens);
      const expected = trained.map((layer, i) =>
        lensGradient(unembed, sequence, layer, translators[i], loss, tokens),
      );
      const gradient = trained.map((_, i) => ({
        weight: whole.weights![i] as Float32Array,
        bias: whole.biases[i] as Float32Array,
      }));
      const rounded = expected.map(({ weight, bias }) => ({
        weight: new Float32Array(weight),
        bias: new Float32Array(bias),
      }));
      expect(relativeError(gradient, rounded)).toBeLessThan(1e-5);
      for (const [i, { loss }] of expected.entries())
        expect(Math.abs(whole.losses[i] - loss)).toBeLessThan(2e-5);
      expect(ofBiases).toEqual({ ...whole, weights: null });
    });

    test("statesOf() are copies of the positions that count", async () => {
      const states = await training.statesOf({ ...sequence, positions: 2 }, 1);
      expect(states).toEqual(await definition.statesOf({ ...sequence, positions: 2 }, 1));
      expect(states.buffer).not.toBe(sequence.hidden[1].buffer);
    });

    test("its moments are the definition's", async () => {
      const [ours, theirs] = await Promise.all(
        [training, definition].map(async (backend) => {
          const sums = backend.openMoments(trained);
          await sums.add(sequence);
          await sums.add({ ...sequence, positions: 17 });
          return sums.read();
        }),
      );
      expect(ours.count).toBe(theirs.count);
      for (const name of ["sums", "squares", "products"] as const)
        for (const [i, values] of theirs[name].entries())
          for (const [j, value] of values.entries())
            expect(Math.abs(ours[name][i][j] - value), name).toBeLessThan(2e-3); // of sums near 1,000
    });

    test("the same sequence has the same gradient, bit for bit", async () => {
      const gradient = () => gradientOf(true)(sequence, trained, translators, "kl", few);
      expect(await gradient()).toEqual(await gradient());
    });
  },
);
