import { describe, expect, test } from "vitest";

import { normals } from "../math/random";
import { onGpu } from "./testing";
import { topK } from "./topK";
import { topKCpu } from "./topK.cpu";

async function topKGpu(
  values: Float32Array,
  columns: number,
  k: number,
  runs = Int32Array.of(0),
  run = columns,
) {
  const rows = values.length / columns;
  const [ids, best] = await onGpu((device, encoder, put) => {
    const named = { runs: put([runs.length], runs), run };
    const top = topK(device, encoder, put([rows, columns], values), named, k);
    return [top.ids, top.best];
  });
  return { ids: new Int32Array(ids), best: new Float32Array(best) };
}

const backends = {
  cpu: async (values: Float32Array, columns: number, k: number) => topKCpu(values, columns, k),
  gpu: (values: Float32Array, columns: number, k: number) => topKGpu(values, columns, k),
};

describe.each(Object.entries(backends))("topK on the %s", (_, topKOf) => {
  test("lists the largest first, and of equals the lower id first", async () => {
    const { ids, best } = await topKOf(Float32Array.of(1, 5, 3, 5, -2, 3), 6, 5);
    expect([...ids]).toEqual([1, 3, 2, 5, 0]);
    expect([...best]).toEqual([5, 5, 3, 3, 1]);
  });

  test("lists everything in order where k is all there is", async () => {
    const values = Float32Array.from({ length: 130 }, (_, i) => (i * 37) % 130);
    const { best } = await topKOf(values, 130, 130);
    expect([...best]).toEqual(Array.from({ length: 130 }, (_, i) => 129 - i));
  });

  test("counts up where all values are equal", async () => {
    const { ids } = await topKOf(new Float32Array(400).fill(-1e30), 200, 70);
    for (const row of [0, 70])
      expect([...ids.subarray(row, row + 70)]).toEqual([...Array(70).keys()]);
  });
});

// The values are compared, not computed with: nothing may differ. Sizes straddle the 64 lanes.
test.each([
  [1, 1, 1],
  [5, 63, 10],
  [3, 64, 64],
  [3, 65, 10],
  [2, 3142, 20],
])("the gpu equals the cpu: %i rows of %i, k %i", async (rows, columns, k) => {
  const values = normals(rows * columns, 1, columns).map((x) => Math.round(x * 50) / 50); // with ties
  const gpu = await topKGpu(values, columns, k);
  const cpu = topKCpu(values, columns, k);
  expect(gpu.ids).toEqual(cpu.ids);
  expect(gpu.best).toEqual(Float32Array.from(cpu.best));
});

test("topK() names columns by their runs, and of equals still takes the lower id", async () => {
  const values = Float32Array.of(4, 9, 4, 1, /* second row */ 4, 4, 9, 9);
  const { ids } = await topKGpu(values, 4, 3, Int32Array.of(7, 2, 0, 3), 2);
  expect([...ids]).toEqual([15, 4, 14, 6, 7, 0]);
});

test("topK() of rows past 65535 lands in its own place", async () => {
  const rows = 70_001; // the folded grid overshoots
  const values = Float32Array.from({ length: 2 * rows }, (_, i) =>
    i % 2 === (i >> 1) % 2 ? i : -i,
  );
  const { ids } = await topKGpu(values, 2, 1);
  for (const row of [0, 1, 65_534, 65_535, 65_536, rows - 1]) expect(ids[row]).toBe(row % 2);
});
