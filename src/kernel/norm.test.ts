import { describe, expect, test } from "vitest";

import { createTensor } from "../gpu/tensor";
import type { FinalNorm } from "../lens/unembed";
import { normals } from "../math/random";
import { norm, uploadNorm } from "./norm";
import { normCpu } from "./norm.cpu";
import { onGpu } from "./testing";

async function normGpu(finalNorm: FinalNorm, hidden: Float32Array, members = 1, member = 0) {
  const dModel = finalNorm.weight.length;
  const count = hidden.length / dModel;
  const [normed] = await onGpu((device, encoder, put) => {
    const rows = createTensor(device, [count, members, dModel], "rows");
    const at = { first: 0, member };
    norm(device, encoder, uploadNorm(device, finalNorm), put([count, dModel], hidden), rows, at);
    return [rows];
  });
  return new Float32Array(normed);
}

const plain = (kind: FinalNorm["kind"], dModel: number): FinalNorm => ({
  kind,
  weight: new Float32Array(dModel).fill(1),
  bias: null,
  eps: 1e-5,
});

const random = (kind: FinalNorm["kind"], dModel: number): FinalNorm => ({
  kind,
  weight: normals(dModel, 2, 1),
  bias: kind === "layer" ? normals(dModel, 1, 2) : null,
  eps: 1e-5,
});

const backends = {
  cpu: async (finalNorm: FinalNorm, hidden: Float32Array) =>
    Float32Array.from(normCpu(finalNorm, hidden)),
  gpu: (finalNorm: FinalNorm, hidden: Float32Array) => normGpu(finalNorm, hidden),
};

describe.each(Object.entries(backends))("norm on the %s", (_, normOf) => {
  test("is 1 everywhere where rms meets equal values", async () => {
    const normed = await normOf(plain("rms", 100), new Float32Array(100).fill(30));
    for (const x of normed) expect(x).toBeCloseTo(1, 5);
  });

  test("is the bias where layer meets equal values", async () => {
    const bias = normals(100, 1, 3);
    const normed = await normOf({ ...plain("layer", 100), bias }, new Float32Array(100).fill(30));
    normed.forEach((x, i) => {
      expect(x).toBeCloseTo(bias[i], 5);
    });
  });

  test("has mean 0 and variance 1 for layer, mean square 1 for rms", async () => {
    const hidden = normals(300, 5, 4).map((x) => x + 20);
    const mean = (values: Float32Array) => values.reduce((sum, x) => sum + x, 0) / values.length;
    const layer = await normOf(plain("layer", 300), hidden);
    expect(mean(layer)).toBeCloseTo(0, 5);
    expect(mean(layer.map((x) => x * x))).toBeCloseTo(1, 5);
    expect(mean((await normOf(plain("rms", 300), hidden)).map((x) => x * x))).toBeCloseTo(1, 5);
  });
});

// Sizes straddle the 64 lanes. A sum of d squares in float32 is off by at most a few ULP, so a value
// is off by less than 1e-6 of the row's largest; 22,500 is what an attention sink reaches.
test.each(
  (["rms", "layer"] as const).flatMap((kind) =>
    [1, 3, 63, 64, 65, 576].map((d) => [kind, d] as const),
  ),
)("the gpu matches the cpu: %s, dModel %i", async (kind, dModel) => {
  const hidden = normals(3 * dModel, 1, dModel);
  hidden[dModel >> 1] = 22_500;
  const finalNorm = random(kind, dModel);
  const gpu = await normGpu(finalNorm, hidden);
  normCpu(finalNorm, hidden).forEach((x, i) => {
    expect(Math.abs(gpu[i] - x)).toBeLessThan(1e-5 + 1e-6 * Math.abs(x));
  });
});

test("norm() begins at a position, writes one member, and pads with zeros", async () => {
  const hidden = normals(5 * 3, 1, 5);
  const finalNorm = random("rms", 3);
  const [bytes] = await onGpu((device, encoder, put) => {
    const rows = put([2, 2, 4], new Float32Array(16).fill(9));
    const at = { first: 3, member: 1 };
    norm(device, encoder, uploadNorm(device, finalNorm), put([5, 3], hidden), rows, at);
    return [rows];
  });
  const rows = new Float32Array(bytes);
  const expected = normCpu(finalNorm, hidden.subarray(9));
  for (const position of [0, 1]) {
    expect([...rows.subarray(8 * position, 8 * position + 4)]).toEqual([9, 9, 9, 9]);
    for (const i of [0, 1, 2])
      expect(rows[8 * position + 4 + i]).toBeCloseTo(expected[3 * position + i], 5);
    expect(rows[8 * position + 7]).toBe(0);
  }
});
