import { describe, expect, test } from "vitest";
import type { Unembed } from "../lens/unembed";
import { normals, random } from "../math/random";
import { onGpu, plainUnembed, putNormed, randomUnembed } from "./testing";
import { tokenLogits } from "./tokenLogits";
import { tokenLogitsCpu } from "./tokenLogits.cpu";
import { uploadUnembedding } from "./unembedding";

type Options = { members?: number; run?: number; hiddenOf?: "each" | "first"; rangeBytes?: number };

async function tokenLogitsGpu(
  unembed: Unembed,
  normed: Float32Array,
  ids: Int32Array,
  { members = 1, run, hiddenOf, rangeBytes }: Options = {},
) {
  const { dModel } = unembed;
  const rows = normed.length / dModel;
  const [logits] = await onGpu((device, encoder, put) => {
    const weights = uploadUnembedding(device, unembed, rangeBytes);
    const hidden = putNormed(device, normed, [rows / members, members, dModel], weights.width);
    const list = put([rows / members, members, ids.length / rows], ids);
    return [tokenLogits(device, encoder, weights, hidden, list, { run, hiddenOf })];
  });
  return new Float32Array(logits);
}

const backends = {
  cpu: async (...args: Parameters<typeof tokenLogitsCpu>) => tokenLogitsCpu(...args),
  gpu: tokenLogitsGpu,
};

describe.each(Object.entries(backends))("tokenLogits on the %s", (_, logitsOf) => {
  test("reads one input per token where W_U is the identity", async () => {
    const identity = Float32Array.from({ length: 25 }, (_, i) => (i % 6 === 0 ? 1 : 0));
    const unembed = plainUnembed(identity, 5, Float32Array.of(0, 0, 0, 0, 100));
    const logits = await logitsOf(unembed, Float32Array.of(1, 2, 3, 4, 5), Int32Array.of(4, 1, 1));
    expect([...logits]).toEqual([105, 2, 2]);
  });
});

const randomIds = (count: number, vocab: number, seed: number) => {
  const uniform = random(seed);
  return Int32Array.from({ length: count }, () => Math.floor(uniform() * vocab));
};

// A sum of d products of about 1 is off by less than 1e-6 a product.
test.each([
  [1, 1, 1, 2],
  [3, 5, 7, 129],
  [17, 3, 64, 300],
  [2, 40, 130, 50_257],
])(
  "the gpu matches the cpu: %i rows, %i ids, dModel %i, vocab %i",
  async (rows, listed, dModel, vocab) => {
    const unembed = randomUnembed(vocab, dModel);
    const normed = normals(rows * dModel, 1, rows);
    const ids = randomIds(rows * listed, vocab, 3);
    ids[ids.length - 1] = vocab - 1;
    const gpu = await tokenLogitsGpu(unembed, normed, ids);
    tokenLogitsCpu(unembed, normed, ids).forEach((logit, i) => {
      expect(Math.abs(gpu[i] - logit)).toBeLessThan(1e-6 * (1 + dModel));
    });
  },
);

test("tokenLogits() of W_U in three ranges is that of one", async () => {
  const unembed = randomUnembed(300, 20);
  const normed = normals(4 * 20, 1, 1);
  const ids = Int32Array.of(0, 127, 128, 255, 256, 299, 5, 280);
  const rangeBytes = 4 * 128 * 32; // one tile
  expect(await tokenLogitsGpu(unembed, normed, ids, { rangeBytes })).toEqual(
    await tokenLogitsGpu(unembed, normed, ids),
  );
});

test("tokenLogits() gives the lowest float where an id is no token's", async () => {
  const logits = await tokenLogitsGpu(
    randomUnembed(20, 4),
    normals(4, 1, 1),
    Int32Array.of(-1, 3, 20),
  );
  expect(logits[0]).toBeLessThan(-3.4e38);
  expect(logits[1]).toBeGreaterThan(-100);
  expect(logits[2]).toBeLessThan(-3.4e38);
});

test("tokenLogits() of runs is that of their tokens one by one", async () => {
  const unembed = randomUnembed(40, 8);
  const normed = normals(2 * 8, 1, 1);
  const runs = await tokenLogitsGpu(unembed, normed, Int32Array.of(2, 0, 1, 2), { run: 16 });
  const row = (first: number, last: number) =>
    Array.from({ length: 16 }, (_, i) => Math.min(first + i, last));
  const ids = Int32Array.from([...row(32, 40), ...row(0, 40), ...row(16, 40), ...row(32, 40)]);
  expect(runs).toEqual(await tokenLogitsGpu(unembed, normed, ids));
});

test("tokenLogits() of the first member's hidden state is the same for all members", async () => {
  const unembed = randomUnembed(40, 8);
  const normed = normals(4 * 8, 1, 1);
  const ids = Int32Array.of(7, 7, 7, 7);
  const logits = await tokenLogitsGpu(unembed, normed, ids, { members: 2, hiddenOf: "first" });
  const own = tokenLogitsCpu(unembed, normed, ids);
  expect(logits[0]).toBeCloseTo(own[0], 5);
  expect(logits[1]).toBe(logits[0]);
  expect(logits[2]).toBeCloseTo(own[2], 5);
  expect(logits[3]).toBe(logits[2]);
});
