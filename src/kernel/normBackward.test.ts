import { expect, test } from "vitest";

import type { FinalNorm } from "../lens/unembed";
import { normals } from "../math/random";
import { uploadNorm } from "./norm";
import { normBackward } from "./normBackward";
import { normBackwardCpu } from "./normBackward.cpu";
import { onGpu } from "./testing";

const normOf = (kind: FinalNorm["kind"], dModel: number): FinalNorm => ({
  kind,
  weight: normals(dModel, 2, 1),
  bias: kind === "layer" ? normals(dModel, 1, 2) : null,
  eps: 1e-5,
});

async function backOnGpu(
  finalNorm: FinalNorm,
  states: Float32Array,
  gradient: Float32Array,
  width = finalNorm.weight.length,
) {
  const dModel = finalNorm.weight.length;
  const rows = states.length / dModel;
  const [bytes] = await onGpu((device, encoder, put) => {
    const out = put([rows, dModel], states);
    normBackward(device, encoder, uploadNorm(device, finalNorm), put([rows, width], gradient), out);
    return [out];
  });
  return new Float32Array(bytes);
}

test.each(["rms", "layer"] as const)(
  "normBackward() of %s leaves nothing along the state: the norm does not see its length",
  async (kind) => {
    const dModel = 100;
    const states = normals(dModel, 3, 3);
    const back = await backOnGpu(normOf(kind, dModel), states, normals(dModel, 1, 4));
    const dot = (a: Float32Array, b: (i: number) => number) =>
      a.reduce((sum, x, i) => sum + x * b(i), 0);
    const mean = kind === "layer" ? dot(states, () => 1 / dModel) : 0;
    expect(dot(back, (i) => states[i] - mean)).toBeCloseTo(0, 4); // eps is 1e-6 of the square
    if (kind === "layer") expect(dot(back, () => 1)).toBeCloseTo(0, 5);
  },
);

// Sizes straddle the 64 lanes, rows are wider than the states, and 22,500 is what an attention sink
// reaches. What comes back is a difference of float32 numbers of the size of the row's largest part.
test.each(
  (["rms", "layer"] as const).flatMap((kind) =>
    [1, 3, 63, 64, 65, 576].map((d) => [kind, d] as const),
  ),
)("the gpu matches the definition: %s, dModel %i", async (kind, dModel) => {
  const rows = 3;
  const width = dModel + 5;
  const finalNorm = normOf(kind, dModel);
  const states = normals(rows * dModel, 1, dModel);
  states[dModel >> 1] = 22_500;
  const gradient = normals(rows * width, 1, 5);
  const gpu = await backOnGpu(finalNorm, states, gradient, width);
  const all = normBackwardCpu(finalNorm, gradient, width, states);
  for (let row = 0; row < rows; ++row) {
    const [expected, state] = [all, states].map((a) => [
      ...a.subarray(row * dModel, (row + 1) * dModel),
    ]);
    const scale = Math.max(...expected.map(Math.abs), Math.hypot(...state) ** -1);
    expected.forEach((x, i) => {
      expect(Math.abs(gpu[row * dModel + i] - x)).toBeLessThan(5e-6 * scale);
    });
  }
});
