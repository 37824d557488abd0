import { afterAll, describe, expect, test } from "vitest";

import { openDevice } from "../gpu/device";
import { createTensor, type GpuTensor, write } from "../gpu/tensor";
import { uploadNorm } from "../kernel/norm";
import { uploadUnembedding } from "../kernel/unembedding";
import { solveRidge } from "../lens/ridge";
import { chooseTokens } from "../lens/tokenSubset";
import type {
  LensTrainer,
  Sequence,
  TrainerOptions,
  TrainingBackend,
} from "../lens/trainingBackend";
import type { Translator } from "../lens/translator";
import type { Unembed } from "../lens/unembed";
import { normals, random } from "../math/random";
import { fixtureBytes } from "./fixtureBytes";
import type { GpuTrainingSizes } from "./trainerGpu";
import { createCpuTraining } from "./trainingCpu";
import { goldenMethods, goldenSteps, openTrainingGoldens, relativeError } from "./trainingGoldens";
import { createGpuTraining } from "./trainingGpu";

const { device } = await openDevice({ limits: "default" });
afterAll(() => device.destroy());

const goldens = await openTrainingGoldens(fixtureBytes);
const { layers } = goldens;

function open(unembed: Unembed, rangeBytes?: number, sizes?: GpuTrainingSizes) {
  const { vocab, dModel } = unembed;
  const weights = uploadUnembedding(device, unembed, rangeBytes);
  const norm = uploadNorm(device, unembed.norm);
  return createGpuTraining(device, { vocab, dModel, norm, weights }, sizes);
}

/** Each state in a buffer that is larger than it, as a prompt's are. */
function onGpu(sequence: Sequence<Float32Array>): Sequence<GpuTensor> {
  const { positions } = sequence;
  const dModel = sequence.hidden[0].length / positions;
  const hidden = sequence.hidden.map((h) => {
    const tensor = createTensor(device, [positions + 3, dModel], "hidden");
    write(device, tensor, h);
    return tensor;
  });
  return { ...sequence, hidden };
}

const sequence = onGpu(goldens.sequence);

/** The gradient by what one step of SGD does, without momentum's past, decay and clipping. */
async function gradientBySgd(
  trainer: Pick<LensTrainer<unknown>, "step" | "translators">,
  before: readonly Translator[],
) {
  const rate = 1;
  const norm = await trainer.step(rate);
  const after = await trainer.translators();
  // The first step goes by gradient + 0.9 gradient.
  const of = (a: Float32Array, b: Float32Array) => a.map((x, i) => (x - b[i]) / (1.9 * rate));
  return {
    norm,
    gradient: before.map(({ weight, bias }, i) => ({
      weight: of(weight, after[i].weight),
      bias: of(bias, after[i].bias),
    })),
  };
}

const plainSgd = (
  options: Pick<TrainerOptions, "layers" | "translators">,
  parts: "whole" | "bias" = "whole",
): TrainerOptions => ({
  ...options,
  scales: options.layers.map(() => ({ weight: 1, bias: 1 })),
  settings: { method: "sgd", weightDecay: 0, clip: null, parts, schedule: "falling" },
});

describe("createGpuTraining() against the reference", () => {
  const training = open(goldens.unembed);

  // Measured: 6e-7, the rounding of float32 over a few sums.
  test("its gradient of KL over the whole vocabulary is PyTorch's", async () => {
    const options = plainSgd(goldens.options("sgd"));
    const trainer = await training.openTrainer(options);
    await trainer.accumulate(sequence, "kl", null, 1);
    const { gradient } = await gradientBySgd(trainer, options.translators);
    trainer.dispose();
    const error = relativeError(gradient, goldens.gradient);
    expect(error).toBeLessThan(5e-6);
  });

  // Measured: at most 1e-5, and 8e-5 after one step of Adam, which divides each gradient by its own size.
  // A hundred steps take 20 s in software: one method's.
  test.each(goldenMethods)(
    "training with %s has its losses before each step and its parameters after 1, 10 and 100",
    async (method) => {
      const trainer = await training.openTrainer(goldens.options(method));
      const steps = method === "adam" ? 100 : 10;
      for (let step = 0; step < steps; ++step) {
        const losses = await trainer.accumulate(sequence, "kl", null, 1);
        for (const [i, loss] of losses.entries()) {
          const error = Math.abs(loss / goldens.losses[method][step][i] - 1);
          expect(error, `loss before step ${step}`).toBeLessThan(5e-5);
        }
        await trainer.step(goldens.rate(method, step));
        const golden = goldenSteps.find((at) => at === step + 1);
        if (!golden) continue;
        const error = relativeError(await trainer.translators(), goldens.after(method, golden));
        expect(error, `after ${golden}`).toBeLessThan(1.5e-4);
      }
      trainer.dispose();
    },
  );

  // Measured: 4e-5. What the ridge leaves of the smallest directions is float32's rounding of the largest.
  test("its moments solve to the reference's closed form", async () => {
    const sums = training.openMoments(layers);
    await sums.add(sequence);
    const moments = await sums.read();
    sums.dispose();
    const solved = await Promise.all(
      layers.map((layer) => solveRidge(moments, layer, layer, 1e-4)),
    );
    const error = relativeError(solved, goldens.ridge);
    expect(error).toBeLessThan(1e-4);
  });
});

const relativeDifference = (actual: ArrayLike<number>, expected: ArrayLike<number>) => {
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < expected.length; ++i) {
    difference += (actual[i] - expected[i]) ** 2;
    norm += expected[i] ** 2;
  }
  return Math.sqrt(difference / norm);
};

describe.each(["rms", "layer"] as const)(
  "createGpuTraining() with the %s norm, W_U in ranges and past one tile of tokens",
  async (kind) => {
    const [dModel, vocab, nLayers, positions] = [12, 2500, 4, 37];
    const unembed: Unembed = {
      ...{ vocab, dModel, unembedding: normals(vocab * dModel, 0.8, 3) },
      bias: kind === "layer" ? normals(vocab, 1, 4) : null,
      norm: {
        ...{ kind, eps: 1e-5, weight: normals(dModel, 1, 1) },
        bias: kind === "layer" ? normals(dModel, 1, 2) : null,
      },
    };
    const onCpu: Sequence<Float32Array> = {
      hidden: Array.from({ length: nLayers + 1 }, (_, l) => normals(positions * dModel, 2, 10 + l)),
      positions,
      targets: Int32Array.from({ length: positions }, (_, i) => (i % 3 ? (i * 7) % vocab : -1)),
    };
    for (const h of onCpu.hidden) h[5] = 2_000; // an attention sink's
    const sequence = onGpu(onCpu);
    const trained = [0, 1, 3];
    const options = {
      layers: trained,
      translators: trained.map((l) => ({
        weight: normals(dModel * dModel, 0.2, 20 + l),
        bias: normals(dModel, 1, 30 + l),
      })),
    };
    // 7 tiles of 128 tokens a range of W_U, two layers a group, and 15 positions at once.
    const sizes = { groupBytes: 2 * 4 * dModel ** 2, maxStates: 2 * 16 * 15 };
    const training = open(unembed, 4 * 16 * 128 * 7, sizes);
    const definition = createCpuTraining(unembed);
    const finalProbs = await training.finalProbs(sequence);

    test("statesOf() copies the states of the positions that there are", async () => {
      const part = { ...sequence, positions: positions - 4 };
      expect(await training.statesOf(part, 3)).toEqual(
        onCpu.hidden[3].subarray(0, part.positions * dModel),
      );
    });

    test("finalProbs() is the definition's, and sums to 1", async () => {
      const expected = await definition.finalProbs(onCpu);
      for (const [id, prob] of finalProbs.entries())
        expect(Math.abs(prob - expected[id]), `${id}`).toBeLessThan(1e-7 + 2e-5 * expected[id]);
      expect(finalProbs.reduce((sum, prob) => sum + prob, 0)).toBeCloseTo(1, 5);
    });

    // A longer sequence's takes more room than there is, in the midst of the others.
    test("finalProbs() called three times at once gives what each gives alone", async () => {
      const hidden = onCpu.hidden.map((_, l) => normals(90 * dModel, 2, 60 + l));
      const longer = onGpu({ ...onCpu, positions: 90, hidden });
      const all = [sequence, longer, { ...sequence, positions: 5 }];
      const own = open(unembed, 4 * 16 * 128 * 7, sizes);
      const atOnce = await Promise.all(all.map((one) => own.finalProbs(one)));
      const alone = [];
      for (const one of all) alone.push(await own.finalProbs(one));
      expect(alone[0]).toEqual(finalProbs);
      expect(atOnce).toEqual(alone);
    });

    test("finalProbs() goes on after a call that failed", async () => {
      const own = open(unembed, 4 * 16 * 128 * 7, sizes);
      const none = createTensor(device, [1, dModel + 1], "another model's");
      const failed = own.finalProbs({ ...sequence, hidden: [none] });
      const after = own.finalProbs(sequence);
      await expect(failed).rejects.toThrow();
      expect(await after).toEqual(finalProbs);
    });

    const subset = chooseTokens(
      finalProbs,
      { likeliest: 200, others: 150 },
      onCpu.targets,
      random(5),
    );

    // Measured: at most 2e-6 of the norm of a layer's gradient, and 2e-6 nats of a loss of 15.
    test.each([
      ["kl", "the whole vocabulary", "whole", null],
      ["kl", "a subset", "whole", subset],
      ["kl", "a subset", "bias", subset],
      ["crossEntropy", "the whole vocabulary", "whole", null],
      ["crossEntropy", "a subset", "whole", subset],
      ["crossEntropy", "a subset", "bias", subset],
    ] as const)("the gradient of %s over %s is the definition's: %s", async (...of) => {
      const [loss, , parts, tokens] = of;
      const asked = plainSgd(options, parts);
      const [ours, theirs] = [
        await training.openTrainer(asked),
        await definition.openTrainer(asked),
      ];
      const losses = await ours.accumulate(sequence, loss, tokens, 0.7);
      const expectedLosses = await theirs.accumulate(onCpu, loss, tokens, 0.7);
      // A step's second batch is part of the first.
      await ours.accumulate({ ...sequence, positions: 11 }, loss, tokens, 0.3);
      await theirs.accumulate({ ...onCpu, positions: 11 }, loss, tokens, 0.3);
      for (const [i, wanted] of expectedLosses.entries())
        expect(Math.abs(losses[i] - wanted)).toBeLessThan(5e-5);
      const actual = await gradientBySgd(ours, options.translators);
      const expected = await gradientBySgd(theirs, options.translators);
      ours.dispose();
      expect(actual.norm / expected.norm).toBeCloseTo(1, 5);
      for (const i of trained.keys()) {
        const [{ weight, bias }, wanted] = [actual.gradient[i], expected.gradient[i]];
        if (parts === "whole") expect(relativeDifference(weight, wanted.weight)).toBeLessThan(1e-5);
        else expect(weight).toEqual(new Float32Array(dModel * dModel));
        expect(relativeDifference(bias, wanted.bias)).toBeLessThan(1e-5);
      }
    });

    // Measured: at most 9e-6 of what five steps move a layer by.
    test.each([
      ["adam", "whole"],
      ["adam", "bias"],
      ["muon", "whole"],
      ["sgd", "whole"],
    ] as const)(
      "%s averages, at the rate of each layer, as the definition does: %s",
      async (...of) => {
        const [method, parts] = of;
        const asked: TrainerOptions = {
          ...options,
          scales: [0.3, 1, 2].map((scale) => ({ weight: scale, bias: 4 * scale })),
          settings: { method, parts, weightDecay: 0.1, clip: 2, schedule: "averaged" },
        };
        const lenses = [];
        for (const [backend, one] of [
          [training, sequence],
          [definition, onCpu],
        ] as [TrainingBackend<unknown>, Sequence<unknown>][]) {
          const trainer = await backend.openTrainer(asked);
          for (let step = 0; step < 5; ++step) {
            await trainer.accumulate({ ...one, positions: 16 }, "kl", subset, 1);
            await trainer.step(0.01);
          }
          lenses.push(await trainer.translators());
          trainer.dispose();
        }
        const [ours, theirs] = lenses;
        for (const i of trained.keys()) {
          for (const part of parts === "whole"
            ? (["weight", "bias"] as const)
            : (["bias"] as const)) {
            const start = options.translators[i][part];
            const moved = (lens: readonly Translator[]) =>
              lens[i][part].map((x, j) => x - start[j]);
            expect(relativeDifference(moved(ours), moved(theirs)), part).toBeLessThan(5e-5);
          }
          if (parts === "bias") expect(ours[i].weight).toEqual(options.translators[i].weight);
        }
      },
    );

    test("its moments are the definition's, taken up where they were left", async () => {
      const states = onCpu.hidden.map((_, l) => normals(1001 * dModel, 2, 40 + l));
      const longOnCpu = { ...onCpu, positions: 1001, hidden: states };
      const sums = training.openMoments(trained);
      await sums.add(sequence);
      await sums.add(onGpu(longOnCpu)); // more than are added up on the GPU
      const again = training.openMoments(trained);
      again.load(await sums.read());
      await again.add({ ...sequence, positions: 17 });
      const ours = await again.read();
      for (const one of [sums, again]) one.dispose();
      const expected = definition.openMoments(trained);
      await expected.add(onCpu);
      await expected.add(longOnCpu);
      await expected.add({ ...onCpu, positions: 17 });
      const theirs = await expected.read();
      expect(ours.count).toBe(theirs.count);
      for (const name of ["sums", "squares", "products"] as const)
        for (const [i, values] of theirs[name].entries())
          expect(relativeDifference(ours[name][i], values), name).toBeLessThan(1e-6);
    });
  },
);

// The bundled model's width and subset: two tiles of tokens, nine blocks of 64 inputs, and the sink in h.
// Measured: 3e-6 of the gradient's norm.
test("the gradient is the definition's at width 576 over 4,096 tokens, beside an attention sink", async () => {
  const [dModel, vocab, positions] = [576, 6000, 5];
  const unembed: Unembed = {
    ...{ vocab, dModel, unembedding: normals(vocab * dModel, 0.1, 1), bias: null },
    norm: { kind: "rms", eps: 1e-5, weight: normals(dModel, 1, 2), bias: null },
  };
  const hidden = [3, 4].map((seed) => normals(positions * dModel, 1, seed));
  for (const h of hidden) h[100] = 22_500;
  const onCpu = { hidden, positions, targets: new Int32Array(positions) };
  const training = open(unembed);
  const one = onGpu(onCpu);
  const probs = await training.finalProbs(one);
  const size = { likeliest: 2048, others: 2048 };
  const subset = chooseTokens(probs, size, onCpu.targets, random(1));
  const weight = normals(dModel ** 2, 0.01, 5);
  const options = plainSgd({ layers: [0], translators: [{ weight, bias: normals(dModel, 1, 6) }] });
  const trained = [];
  for (const [backend, sequence] of [
    [training, one],
    [createCpuTraining(unembed), onCpu],
  ] as [TrainingBackend<unknown>, Sequence<unknown>][]) {
    const trainer = await backend.openTrainer(options);
    const losses = await trainer.accumulate(sequence, "kl", subset, 1);
    trained.push({ losses, ...(await gradientBySgd(trainer, options.translators)) });
    trainer.dispose();
  }
  const [ours, theirs] = trained;
  expect(Math.abs(ours.losses[0] - theirs.losses[0])).toBeLessThan(1e-4);
  expect(ours.norm / theirs.norm).toBeCloseTo(1, 5);
  expect(relativeError(ours.gradient, theirs.gradient)).toBeLessThan(2e-5);
});

test("openPool() mixes the rows of its sequences, which train as the definition's do", async () => {
  const { unembed } = goldens;
  const rows = Int32Array.of(99, 4, 50, 97);
  const options = plainSgd(goldens.options("sgd"));
  const trained = [];
  for (const [backend, one] of [
    [open(unembed), sequence],
    [createCpuTraining(unembed), goldens.sequence],
  ] as [TrainingBackend<unknown>, Sequence<unknown>][]) {
    const pool = backend.openPool(100);
    pool.put(0, one);
    pool.put(96, { ...one, positions: 4 });
    const taken = pool.take(rows);
    expect([...taken.targets]).toEqual([99 - 96, 4, 50, 97 - 96].map((row) => one.targets[row]));
    const trainer = await backend.openTrainer(options);
    const losses = await trainer.accumulate(taken, "kl", null, 1);
    await trainer.step(0.1);
    trained.push({ losses, translators: await trainer.translators() });
    for (const owner of [pool, trainer]) owner.dispose();
  }
  const [ours, theirs] = trained;
  for (const i of layers) expect(Math.abs(ours.losses[i] - theirs.losses[i])).toBeLessThan(5e-5);
  expect(relativeError(ours.translators, theirs.translators)).toBeLessThan(1e-5);
});

describe("createGpuTrainer()", () => {
  const training = open(goldens.unembed);
  const short = { ...sequence, positions: 8 };
  const steps = async (trainer: LensTrainer<GpuTensor>, from: number, to: number) => {
    for (let step = from; step < to; ++step) {
      await trainer.accumulate(short, "kl", null, 1);
      await trainer.step(0.01);
    }
    return trainer.save();
  };

  test.each(
    goldenMethods.flatMap((method) =>
      (["falling", "averaged"] as const).map((schedule) => [method, schedule] as const),
    ),
  )(
    "that is loaded goes on with %s, %s, bit for bit, and saves what the definition does by name",
    async (method, schedule) => {
      const { settings, ...rest } = goldens.options(method);
      const options = { ...rest, settings: { ...settings, schedule } };
      const trainers = [1, 2, 3].map(() => training.openTrainer(options));
      const [whole, half, resumed] = await Promise.all(trainers);
      const uninterrupted = await steps(whole, 0, 4);
      const state = await steps(half, 0, 2);
      await steps(resumed, 0, 1);
      await resumed.accumulate(short, "kl", null, 1); // what was added is gone with the load
      resumed.load(state);
      expect(await steps(resumed, 2, 4)).toEqual(uninterrupted);
      expect(await resumed.translators()).toEqual(await whole.translators());
      const definition = await createCpuTraining(goldens.unembed).openTrainer(options);
      expect([...uninterrupted.keys()].sort()).toEqual(
        [...(await definition.save()).keys()].sort(),
      );
      for (const trainer of [whole, half, resumed]) trainer.dispose();
    },
  );

  test("that is given another training's state refuses it", async () => {
    const trainer = await training.openTrainer(goldens.options("adam"));
    const state = new Map(await trainer.save());
    state.delete("1.weight.mean");
    expect(() => trainer.load(state)).toThrow("it has no values of 1.weight.mean, not 4096");
    trainer.dispose();
  });
});

test("createGpuTraining() keeps no buffer but what a step needs, and none when it is disposed of", async () => {
  const live = new Set<GPUBuffer>();
  const { createBuffer } = device;
  const training = open(goldens.unembed);
  const short = { ...sequence, positions: 3 };
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer.call(device, descriptor);
    const { destroy } = buffer;
    live.add(buffer);
    buffer.destroy = () => {
      live.delete(buffer);
      return destroy.call(buffer);
    };
    return buffer;
  };
  try {
    const { settings, ...rest } = goldens.options("muon");
    const averaged = { ...settings, schedule: "averaged" as const };
    const trainer = await training.openTrainer({ ...rest, settings: averaged });
    const sums = training.openMoments(layers);
    const pool = training.openPool(6);
    const one = async () => {
      pool.put(2, short);
      pool.take(Int32Array.of(3, 2));
      const probs = await training.finalProbs(short);
      const size = { likeliest: 20, others: 10 };
      const subset = chooseTokens(probs, size, short.targets, random(1));
      await trainer.accumulate(short, "crossEntropy", subset, 1);
      await trainer.accumulate(short, "kl", null, 1);
      await trainer.step(0.01);
      await trainer.save();
      await training.statesOf(short, 1);
      await sums.add(short);
    };
    await one();
    const held = live.size;
    for (let step = 1; step < 20; ++step) await one();
    expect(live.size).toBe(held);
    for (const owner of [trainer, sums, pool, training]) owner.dispose();
    expect(live.size).toBe(0);
  } finally {
    device.createBuffer = createBuffer;
  }
});
