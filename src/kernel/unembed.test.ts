import { describe, expect, test } from "vitest";

import type { GpuTensor } from "../gpu/tensor";
import type { Unembed } from "../lens/unembed";
import { normals, random } from "../math/random";
import { onGpu, plainUnembed, putNormed, randomUnembed } from "./testing";
import { tokenLogits } from "./tokenLogits";
import { blockPositions, createTileStatistics, unembed } from "./unembed";
import { unembedCpu } from "./unembed.cpu";
import { stripTokens, tileTokens, uploadUnembedding } from "./unembedding";

type Case = {
  readonly unembed: Unembed;
  /** `[positions, members, dModel]`. */
  readonly normed: Float32Array;
  readonly members: number;
  readonly targets: Int32Array;
};
type Split = { readonly rangeBytes?: number; readonly tilesAtOnce?: number };

async function tilesOnGpu(
  { unembed: weights, normed, members, targets }: Case,
  { rangeBytes, tilesAtOnce = Number.POSITIVE_INFINITY }: Split = {},
) {
  const positions = targets.length;
  const [stripMaxima, tileSums] = await onGpu((device, encoder, put) => {
    const uploaded = uploadUnembedding(device, weights, rangeBytes);
    const hidden = putNormed(device, normed, [positions, members, weights.dModel], uploaded.width);
    const ids: GpuTensor = put([positions, 1], targets);
    const targetLogits = tokenLogits(device, encoder, uploaded, hidden, ids);
    const statistics = createTileStatistics(device, positions, members, weights.vocab);
    const asked = { targets: ids, targetLogits };
    const tiles = Math.ceil(weights.vocab / tileTokens);
    for (let from = 0; from < tiles; from += tilesAtOnce) {
      const to = Math.min(from + tilesAtOnce, tiles);
      unembed(device, encoder, uploaded, hidden, asked, statistics, { from, to });
    }
    return [statistics.stripMaxima, statistics.tileSums];
  });
  return { stripMaxima: new Float32Array(stripMaxima), tileSums: new Float32Array(tileSums) };
}

const backends = {
  cpu: async ({ unembed, normed, members, targets }: Case) =>
    unembedCpu(unembed, normed, members, targets, { tileTokens, stripTokens }),
  gpu: (one: Case) => tilesOnGpu(one),
};

function randomCase(positions: number, members: number, dModel: number, vocab: number): Case {
  const uniform = random(vocab);
  return {
    unembed: randomUnembed(vocab, dModel),
    normed: normals(positions * members * dModel, 2 / Math.sqrt(dModel), positions),
    members,
    targets: Int32Array.from({ length: positions }, () => Math.floor(uniform() * vocab)),
  };
}

describe.each(Object.entries(backends))("unembed on the %s", (_, tilesOf) => {
  test("sums 1 for every token where all logits are equal, and sees none above the target", async () => {
    const { stripMaxima, tileSums } = await tilesOf({
      unembed: plainUnembed(new Float32Array(200 * 4).fill(0.5), 4),
      normed: Float32Array.of(1, 2, 3, 4),
      members: 1,
      targets: Int32Array.of(7),
    });
    expect([...tileSums]).toEqual([128, 0, 0, 0, 72, 0, 0, 0]);
    expect([...stripMaxima.subarray(0, 13)]).toEqual(Array(13).fill(5)); // 200 tokens: 13 strips
    for (const past of stripMaxima.subarray(13)) expect(past).toBeLessThan(-3.4e38);
  });

  test("finds no divergence between equal rows, nor between rows a shift apart", async () => {
    const { unembed, normed, targets } = randomCase(2, 2, 5, 300);
    normed.copyWithin(5, 0, 5);
    normed.copyWithin(15, 10, 15);
    const shifted = { unembed, members: 2, normed, targets };
    const { tileSums } = await tilesOf(shifted);
    for (let i = 2; i < tileSums.length; i += 4) expect(tileSums[i]).toBeCloseTo(0, 6);
  });

  test("counts every token above the least likely, and none above the likeliest", async () => {
    const ladder = Float32Array.from({ length: 300 }, (_, v) => v);
    const at = (targetId: number): Case => ({
      unembed: plainUnembed(ladder, 1),
      normed: Float32Array.of(0.25),
      members: 1,
      targets: Int32Array.of(targetId),
    });
    const counts = async (targetId: number) => {
      const { tileSums } = await tilesOf(at(targetId));
      return [3, 7, 11].map((i) => tileSums[i]);
    };
    expect(await counts(0)).toEqual([127, 128, 44]);
    expect(await counts(130)).toEqual([0, 125, 44]);
    expect(await counts(299)).toEqual([0, 0, 0]);
  });
});

// Logits have a deviation of about 2 and reach 10, and a float32 dot product of d terms is off by a
// few 1e-6 there; a sum of 128 exponentials of which each is off by that, relatively, by no more than
// 128 times that, and in practice, where errors average out, by 1e-5.
test.each([
  { positions: 1, members: 1, dModel: 1, vocab: 1 },
  { positions: 65, members: 1, dModel: 7, vocab: 127 },
  { positions: 49, members: 2, dModel: 16, vocab: 129 },
  { positions: 5, members: 13, dModel: 17, vocab: 257 },
  { positions: 9, members: 16, dModel: 33, vocab: 300 },
  { positions: 3, members: 31, dModel: 20, vocab: 199 },
  { positions: 2, members: 64, dModel: 4, vocab: 130 },
])(
  "the gpu matches the cpu: $positions positions × $members members, dModel $dModel, vocab $vocab",
  async (sizes) => {
    const { positions, members, dModel, vocab } = sizes;
    const one = randomCase(positions, members, dModel, vocab);
    const gpu = await tilesOnGpu(one);
    const cpu = await backends.cpu(one);
    cpu.stripMaxima.forEach((z, i) => {
      if (z === -Infinity) expect(gpu.stripMaxima[i]).toBeLessThan(-3.4e38);
      else expect(Math.abs(gpu.stripMaxima[i] - z)).toBeLessThan(1e-5);
    });
    cpu.tileSums.forEach((sum, i) => {
      expect(Math.abs(gpu.tileSums[i] - sum)).toBeLessThan(1e-4 + 1e-5 * Math.abs(sum));
    });
  },
);

test("unembed() in pieces of the vocabulary, and of W_U in ranges, is the sweep in one", async () => {
  const one = randomCase(3, 5, 20, 700);
  const whole = await tilesOnGpu(one);
  expect(await tilesOnGpu(one, { tilesAtOnce: 1 })).toEqual(whole);
  expect(await tilesOnGpu(one, { rangeBytes: 2 * 4 * tileTokens * 32 })).toEqual(whole); // two tiles a range
  expect(await tilesOnGpu(one, { rangeBytes: 4 * 4 * tileTokens * 32, tilesAtOnce: 3 })).toEqual(
    whole,
  );
});

test("a block holds whole positions, and no more than the shared memory does", () => {
  expect([1, 2, 3, 13, 16, 64].map(blockPositions)).toEqual([64, 24, 21, 4, 4, 1]);
});
