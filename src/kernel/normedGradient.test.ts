import { describe, expect, test } from "vitest";

import { createTensor } from "../gpu/tensor";
import type { Unembed } from "../lens/unembed";
import { normals } from "../math/random";
import { normedGradient } from "./normedGradient";
import { normedGradientCpu } from "./normedGradient.cpu";
import { onGpu, randomUnembed } from "./testing";
import { logitsCpu } from "./unembed.cpu";

/** Σ exp(z − m) W_U[v], m and Σ exp(z − m) of each row, as the passes over the vocabulary leave them. */
function sumsOf(unembed: Unembed, normed: Float32Array) {
  const { vocab, dModel, unembedding } = unembed;
  const rows = normed.length / dModel;
  const logits = logitsCpu(unembed, normed);
  const sums = new Float32Array(rows * dModel);
  const running = new Float32Array(rows * 2);
  for (let row = 0; row < rows; ++row) {
    const z = logits.subarray(row * vocab, (row + 1) * vocab);
    const m = z.reduce((a, b) => Math.max(a, b));
    running.set([m, z.reduce((sum, x) => sum + Math.exp(x - m), 0)], 2 * row);
    for (let i = 0; i < dModel; ++i)
      sums[row * dModel + i] = z.reduce(
        (sum, x, v) => sum + Math.exp(x - m) * unembedding[v * dModel + i],
        0,
      );
  }
  return { sums, running };
}

type Case = {
  readonly unembed: Unembed;
  /** `[rows, dModel]`. */
  readonly normed: Float32Array;
  /** The normed final states, `[positions, dModel]`, or the targets. */
  readonly aim: Float32Array | Int32Array;
  readonly weights: Float32Array;
};

async function onTheGpu({ unembed, normed, aim, weights }: Case) {
  const { dModel, unembedding, bias } = unembed;
  const [rows, positions] = [normed.length / dModel, weights.length];
  const own = sumsOf(unembed, normed);
  const isFinal = aim instanceof Float32Array;
  const towards = isFinal
    ? sumsOf(unembed, aim)
    : {
        sums: Float32Array.from({ length: positions * dModel }, (_, i) => {
          return unembedding[aim[Math.floor(i / dModel)] * dModel + (i % dModel)];
        }),
        running: Float32Array.from({ length: 2 * positions }, (_, i) =>
          i % 2 ? 1 : bias![aim[i / 2]],
        ),
      };
  const [gradient, losses] = await onGpu((device, encoder, put) => {
    const sums = put([rows, dModel], own.sums);
    const out = createTensor(device, [rows], "losses");
    normedGradient(
      device,
      encoder,
      { sums, running: put([rows, 2], own.running) },
      put([rows, dModel], normed),
      {
        sums: put([positions, dModel], towards.sums),
        running: put([positions, 2], towards.running),
        anchor: put([positions, dModel], isFinal ? aim : new Float32Array(positions * dModel)),
        weights: put([positions], weights),
      },
      out,
    );
    return [sums, out];
  });
  return { gradient: new Float32Array(gradient), losses: new Float32Array(losses) };
}

async function onTheCpu({ unembed, normed, aim, weights }: Case) {
  const { dModel } = unembed;
  const rows = normed.length / dModel;
  const one = Array.from({ length: rows }, (_, row) => {
    const position = row % weights.length;
    const towards =
      aim instanceof Float32Array
        ? aim.subarray(position * dModel, (position + 1) * dModel)
        : aim[position];
    const state = normed.subarray(row * dModel, (row + 1) * dModel);
    const { loss, gradient } = normedGradientCpu(unembed, state, towards);
    return { loss, gradient: [...gradient].map((x) => weights[position] * x) };
  });
  return {
    gradient: Float64Array.from(one.flatMap(({ gradient }) => gradient)),
    losses: Float64Array.from(one, ({ loss }) => loss),
  };
}

const backends = { cpu: onTheCpu, gpu: onTheGpu };

describe.each(Object.entries(backends))("normedGradient on the %s", (_, gradientOf) => {
  test("is the loss's central difference", async () => {
    const unembed = randomUnembed(40, 5);
    const normed = normals(5, 1, 1);
    for (const aim of [normals(5, 1, 2), Int32Array.of(7)]) {
      const one = { unembed, aim, weights: Float32Array.of(1) };
      const { gradient } = await gradientOf({ ...one, normed });
      for (const i of [0, 4]) {
        // The cpu's loss on both: a float32 loss of size 3 has steps of 2e-7, more than this allows.
        const at = async (d: number) => {
          const moved = normed.slice();
          moved[i] += d;
          return { x: moved[i], loss: (await onTheCpu({ ...one, normed: moved })).losses[0] };
        };
        const [up, down] = [await at(1e-3), await at(-1e-3)];
        expect(gradient[i]).toBeCloseTo((up.loss - down.loss) / (up.x - down.x), 5);
      }
    }
  });

  test("is zero where the lens is the final row", async () => {
    const unembed = randomUnembed(90, 8);
    const normed = normals(8, 1, 3);
    const { gradient, losses } = await gradientOf({
      unembed,
      normed,
      aim: normed,
      weights: Float32Array.of(1),
    });
    expect(losses[0]).toBeCloseTo(0, 6);
    for (const slope of gradient) expect(slope).toBeCloseTo(0, 6);
  });
});

// Widths straddle the 64 lanes. Logits of deviation 2; a mean of W_U's rows is off by some 1e-6 of
// their size, which is 1, and a loss of 10 nats by the same of the sizes that it is the difference of.
test.each([
  { rows: 1, positions: 1, dModel: 1, loss: "kl" },
  { rows: 6, positions: 3, dModel: 63, loss: "kl" },
  { rows: 4, positions: 2, dModel: 130, loss: "kl" },
  { rows: 6, positions: 3, dModel: 65, loss: "crossEntropy" },
])(
  "the gpu matches the cpu: $rows rows of $positions positions, dModel $dModel, $loss",
  async ({ rows, positions, dModel, loss }) => {
    const deviation = 2 / Math.sqrt(dModel);
    const one = {
      unembed: randomUnembed(150, dModel),
      normed: normals(rows * dModel, deviation, 4),
      aim:
        loss === "kl"
          ? normals(positions * dModel, deviation, 5)
          : Int32Array.from({ length: positions }, (_, i) => 50 * i),
      weights: Float32Array.from({ length: positions }, (_, i) => i / 7 + 0.1),
    };
    const [gpu, cpu] = [await onTheGpu(one), await onTheCpu(one)];
    cpu.losses.forEach((x, row) => {
      expect(Math.abs(gpu.losses[row] - x)).toBeLessThan(2e-5);
    });
    cpu.gradient.forEach((x, i) => {
      expect(Math.abs(gpu.gradient[i] - x)).toBeLessThan(2e-6);
    });
  },
);
