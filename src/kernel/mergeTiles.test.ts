import { describe, expect, test } from "vitest";

import type { Unembed } from "../lens/unembed";
import { normals, random } from "../math/random";
import { mergeTiles } from "./mergeTiles";
import { mergedCpu } from "./mergeTiles.cpu";
import { onGpu, plainUnembed, putNormed, randomUnembed } from "./testing";
import { tokenLogits } from "./tokenLogits";
import { createTileStatistics, unembed } from "./unembed";
import { logitsCpu } from "./unembed.cpu";
import { tileTokens, uploadUnembedding } from "./unembedding";

type Rows = { normed: Float32Array; members: number; targets: Int32Array };
type Merged = ReturnType<typeof mergedCpu>;

async function mergedGpu(weights: Unembed, { normed, members, targets }: Rows): Promise<Merged[]> {
  const positions = targets.length;
  const [bytes] = await onGpu((device, encoder, put) => {
    const uploaded = uploadUnembedding(device, weights);
    const hidden = putNormed(device, normed, [positions, members, weights.dModel], uploaded.width);
    const ids = put([positions, 1], targets);
    const targetLogits = tokenLogits(device, encoder, uploaded, hidden, ids);
    const statistics = createTileStatistics(device, positions, members, weights.vocab);
    const tiles = { from: 0, to: Math.ceil(weights.vocab / tileTokens) };
    const asked = { targets: ids, targetLogits };
    unembed(device, encoder, uploaded, hidden, asked, statistics, tiles);
    return [mergeTiles(device, encoder, statistics)];
  });
  const values = new Float32Array(bytes);
  return Array.from({ length: positions * members }, (_, row) => {
    const [maximum, logSum, entropy, klFromFinal, rank] = values.subarray(5 * row);
    return { maximum, logSum, entropy, klFromFinal, rank };
  });
}

function mergedRowsCpu(weights: Unembed, { normed, members, targets }: Rows): Merged[] {
  const { vocab } = weights;
  const logits = logitsCpu(weights, normed);
  const of = (row: number) => logits.subarray(row * vocab, (row + 1) * vocab);
  return Array.from({ length: targets.length * members }, (_, row) =>
    mergedCpu(of(row), of(row - (row % members)), targets[Math.floor(row / members)]),
  );
}

const backends = {
  cpu: async (weights: Unembed, rows: Rows) => mergedRowsCpu(weights, rows),
  gpu: mergedGpu,
};

/** With one input of 1, these are the logits; with k rows, of k inputs. */
const logitsAsWeights = (...rows: number[][]) =>
  plainUnembed(
    Float32Array.from(rows[0].flatMap((_, v) => rows.map((row) => row[v]))),
    rows.length,
  );
const pick = (rows: number) =>
  Float32Array.from({ length: rows * rows }, (_, i) => (i % (rows + 1) === 0 ? 1 : 0));

describe.each(Object.entries(backends))("mergeTiles on the %s", (_, mergedOf) => {
  test("has entropy ln(vocab) where every token is as likely, and everybody's rank is 1", async () => {
    const weights = logitsAsWeights(Array(1000).fill(7));
    const [row] = await mergedOf(weights, {
      normed: Float32Array.of(1),
      members: 1,
      targets: Int32Array.of(999),
    });
    expect(row.entropy).toBeCloseTo(Math.log(1000), 5);
    expect(row.logSum).toBeCloseTo(Math.log(1000), 5);
    expect(row).toMatchObject({ maximum: 7, klFromFinal: 0, rank: 1 });
  });

  test("has no entropy where one token is certain", async () => {
    const logits = Array(300).fill(0);
    logits[200] = 200;
    const rows = { normed: Float32Array.of(1), members: 1, targets: Int32Array.of(3) };
    const [row] = await mergedOf(logitsAsWeights(logits), rows);
    expect(row.entropy).toBeCloseTo(0, 6);
    expect(row.logSum).toBeCloseTo(0, 6);
    expect(row.rank).toBe(2);
  });

  test("has KL(final || lens) of two coins in closed form", async () => {
    const [p, q] = [0.8, 0.3];
    const coin = (x: number) => [Math.log(x), Math.log(1 - x)];
    const rows = { normed: pick(2), members: 2, targets: Int32Array.of(0) };
    const [output, lens] = await mergedOf(logitsAsWeights(coin(p), coin(q)), rows);
    expect(output.klFromFinal).toBe(0);
    const kl = p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
    expect(lens.klFromFinal).toBeCloseTo(kl, 6);
  });

  test("does not see a shift of all logits", async () => {
    const final = [...normals(300, 3, 1)];
    const rows = { normed: pick(2), members: 2, targets: Int32Array.of(5) };
    const shifted = final.map((z) => z + 500);
    const [output, lens] = await mergedOf(logitsAsWeights(final, shifted), rows);
    expect(lens.klFromFinal).toBeLessThan(1e-6); // 500 rounds the logits, by up to 3e-5; KL is of second order
    expect(lens.entropy).toBeCloseTo(output.entropy, 4);
    expect(lens.rank).toBe(output.rank);
  });

  test("keeps the divergence of rows 300 nats apart", async () => {
    const [up, down] = [Array(200).fill(0), Array(200).fill(0)];
    up[3] = 300;
    down[190] = 300;
    const rows = { normed: pick(2), members: 2, targets: Int32Array.of(3) };
    const [, lens] = await mergedOf(logitsAsWeights(up, down), rows);
    expect(lens.klFromFinal).toBeCloseTo(300, 4);
  });
});

// Everything is float32 but the definition. A logit of deviation 4 (they reach 20) is off by some 1e-6
// times √dModel, as is what is linear in it; KL sums differences of logits directly and stays within
// 1e-4 of the float64 sum at 10 nats and more. A rank may differ by the tokens within 1e-4 of the target.
test.each([
  { positions: 1, members: 3, dModel: 3, vocab: 1 },
  { positions: 3, members: 2, dModel: 5, vocab: 127 },
  { positions: 9, members: 8, dModel: 64, vocab: 129 },
  { positions: 5, members: 16, dModel: 31, vocab: 8_200 },
  { positions: 2, members: 3, dModel: 8, vocab: 50_257 },
])(
  "the gpu matches the cpu: $positions positions × $members members, dModel $dModel, vocab $vocab",
  async (sizes) => {
    const { positions, members, dModel, vocab } = sizes;
    const weights = randomUnembed(vocab, dModel);
    const uniform = random(7);
    const rows = {
      normed: normals(positions * members * dModel, 4 / Math.sqrt(dModel), 5),
      members,
      targets: Int32Array.from({ length: positions }, () => Math.floor(uniform() * vocab)),
    };
    const gpu = await mergedGpu(weights, rows);
    const logits = logitsCpu(weights, rows.normed);
    mergedRowsCpu(weights, rows).forEach((expected, row) => {
      expect(Math.abs(gpu[row].maximum - expected.maximum)).toBeLessThan(2e-5);
      expect(Math.abs(gpu[row].logSum - expected.logSum)).toBeLessThan(2e-5);
      expect(Math.abs(gpu[row].entropy - expected.entropy)).toBeLessThan(1e-4);
      expect(Math.abs(gpu[row].klFromFinal - expected.klFromFinal)).toBeLessThan(1e-4);
      const own = logits.subarray(row * vocab, (row + 1) * vocab);
      const at = own[rows.targets[Math.floor(row / members)]];
      const close = own.filter((z) => Math.abs(z - at) < 1e-4).length - 1;
      expect(Math.abs(gpu[row].rank - expected.rank)).toBeLessThanOrEqual(close);
    });
  },
);
