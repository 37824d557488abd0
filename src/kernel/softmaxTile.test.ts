import { expect, test } from "vitest";

import { createTensor, type GpuTensor } from "../gpu/tensor";
import { normals } from "../math/random";
import { logSoftmax } from "../math/softmax";
import { softmaxTile } from "./softmaxTile";
import { softmaxTileCpu } from "./softmaxTile.cpu";
import { onGpu } from "./testing";

/** One pass over the tiles, each `[rows, its columns]`. */
async function sweepGpu(rows: number, tiles: readonly Float32Array[], stays = false) {
  const [running, ...tileBytes] = await onGpu((device, encoder, put) => {
    const softmax = {
      running: put([rows, 2], new Float32Array(2 * rows).fill(Number.NaN)),
      factors: createTensor(device, [rows], "factors"),
    };
    const copies: GpuTensor[] = [];
    for (const [i, tile] of tiles.entries()) {
      const logits = put([1, rows, tile.length / rows], tile);
      softmaxTile(device, encoder, logits, softmax, { isFirst: i === 0, stays });
      const copy = createTensor(device, [rows], "factors");
      encoder.copyBufferToBuffer(softmax.factors.buffer, copy.buffer);
      copies.push(logits, copy);
    }
    return [softmax.running, ...copies];
  });
  const arrays = tileBytes.map((bytes) => new Float32Array(bytes));
  return {
    running: new Float32Array(running),
    tiles: tiles.map((_, i) => ({ exponentials: arrays[2 * i], factors: arrays[2 * i + 1] })),
  };
}

function sweepCpu(rows: number, tiles: readonly Float32Array[]) {
  const running = new Float64Array(2 * rows);
  const swept = tiles.map((tile) => ({
    exponentials: new Float64Array(tile.length),
    factors: new Float64Array(rows),
  }));
  for (let row = 0; row < rows; ++row) {
    let before: { maximum: number; sum: number } | null = null;
    for (const [i, tile] of tiles.entries()) {
      const columns = tile.length / rows;
      const one = softmaxTileCpu(tile.subarray(row * columns, (row + 1) * columns), before);
      swept[i].exponentials.set(one.exponentials, row * columns);
      swept[i].factors[row] = one.factor;
      before = one;
    }
    running.set([before!.maximum, before!.sum], 2 * row);
  }
  return { running, tiles: swept };
}

const backends = {
  cpu: async (rows: number, tiles: readonly Float32Array[]) => sweepCpu(rows, tiles),
  gpu: (rows: number, tiles: readonly Float32Array[]) => sweepGpu(rows, tiles),
};

test.each(Object.entries(backends))(
  "softmaxTile on the %s, tile after tile, is the softmax of the whole row",
  async (_, sweep) => {
    const whole = normals(300, 5, 1);
    const cuts = [0, 1, 130, 300];
    const { running, tiles } = await sweep(
      1,
      cuts.slice(1).map((end, i) => whole.slice(cuts[i], end)),
    );
    // Each tile's exponentials, times the factors of those after it, over the last sum.
    const probs = tiles.flatMap(({ exponentials }, i) => {
      const factor = tiles.slice(i + 1).reduce((product, { factors }) => product * factors[0], 1);
      return Array.from(exponentials, (e) => (e * factor) / running[1]);
    });
    logSoftmax(whole).forEach((logProb, v) => {
      expect(probs[v]).toBeCloseTo(Math.exp(logProb), 6);
    });
  },
);

// Tiles straddle the 64 lanes; logits of deviation 6, and in one row a jump of 300 nats, whose factor
// is 0. WGSL lets exp(x) be off by 3 + 2 |x| ULP: at the 60 nats that these reach, 1.5e-5.
test.each([1, 63, 64, 65, 200])("the gpu matches the cpu: tiles of %i columns", async (columns) => {
  const rows = 3;
  const tiles = [1, 2, 3].map((seed) => normals(rows * columns, 6, seed));
  tiles[1][0] = 300;
  const gpu = await sweepGpu(rows, tiles);
  const cpu = sweepCpu(rows, tiles);
  cpu.running.forEach((x, i) => {
    expect(Math.abs(gpu.running[i] - x)).toBeLessThan(2e-5 * Math.abs(x));
  });
  for (const [i, { exponentials, factors }] of cpu.tiles.entries()) {
    exponentials.forEach((x, j) => {
      expect(Math.abs(gpu.tiles[i].exponentials[j] - x)).toBeLessThan(1e-7 + 2e-5 * x);
    });
    factors.forEach((x, row) => {
      expect(Math.abs(gpu.tiles[i].factors[row] - x)).toBeLessThan(1e-7 + 2e-5 * x);
    });
  }
});

test("softmaxTile() leaves logits that are to stay", async () => {
  const tile = normals(2 * 70, 3, 4);
  const stays = await sweepGpu(2, [tile], true);
  expect(stays.tiles[0].exponentials).toEqual(tile);
  expect(stays.running).toEqual((await sweepGpu(2, [tile])).running);
});
