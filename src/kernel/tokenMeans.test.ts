import { expect, test } from "vitest";

import { normals } from "../math/random";
import { onGpu } from "./testing";
import { tokenMeans } from "./tokenMeans";
import { tokenMeansCpu } from "./tokenMeans.cpu";

/** The mean over rows, in tiles of so many tokens. */
async function meansOnGpu(logits: Float32Array, vocab: number, tile: number) {
  const rows = logits.length / vocab;
  const row = (i: number) => logits.subarray(i * vocab, (i + 1) * vocab);
  const running = Float32Array.from({ length: 2 * rows }, (_, i) => {
    const z = row(i >> 1);
    const m = z.reduce((a, b) => Math.max(a, b));
    return i % 2 ? z.reduce((sum, x) => sum + Math.exp(x - m), 0) : m;
  });
  const [bytes] = await onGpu((device, encoder, put) => {
    const means = put([vocab], new Float32Array(vocab));
    const known = put([rows, 2], running);
    for (let first = 0; first < vocab; first += tile) {
      const columns = Math.min(tile, vocab - first);
      const part = new Float32Array(rows * columns);
      for (let i = 0; i < rows; ++i) part.set(row(i).subarray(first, first + columns), i * columns);
      const at = { first, scale: 1 / rows };
      tokenMeans(device, encoder, put([1, rows, columns], part), known, means, at);
    }
    return [means];
  });
  return new Float32Array(bytes);
}

const backends = {
  cpu: async (logits: Float32Array, vocab: number) => tokenMeansCpu(logits, vocab),
  gpu: (logits: Float32Array, vocab: number) => meansOnGpu(logits, vocab, 100),
};

test.each(Object.entries(backends))(
  "tokenMeans on the %s is what each token has where every row is as sure of its own",
  async (_, meansOf) => {
    const logits = new Float32Array(4 * 130);
    for (const [row, id] of [3, 3, 100, 129].entries()) logits[row * 130 + id] = 200;
    const means = await meansOf(logits, 130);
    for (const [id, mean] of [0.5, 0.25, 0.25].entries())
      expect(means[[3, 100, 129][id]]).toBeCloseTo(mean, 6);
    expect(means[0]).toBeCloseTo(0, 30);
  },
);

// Tiles straddle a workgroup's 64 tokens; exp(x) may be off by 3 + 2 |x| ULP, 1e-5 at 40 nats.
test.each([1, 63, 64, 65, 500])("the gpu matches the cpu in tiles of %i", async (tile) => {
  const logits = normals(7 * 300, 5, 1);
  const gpu = await meansOnGpu(logits, 300, tile);
  tokenMeansCpu(logits, 300).forEach((mean, v) => {
    expect(Math.abs(gpu[v] - mean)).toBeLessThan(1e-8 + 2e-5 * mean);
  });
});
