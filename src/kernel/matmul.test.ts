import { expect, test } from "vitest";

import { createTensor } from "../gpu/tensor";
import { normals } from "../math/random";
import { matmul } from "./matmul";
import { matmulCpu } from "./matmul.cpu";
import { onGpu } from "./testing";

type Case = {
  readonly shape: readonly [batch: number, m: number, k: number, n: number];
  readonly transposeA?: boolean;
  readonly transposeB?: boolean;
  readonly isShared?: boolean;
};

async function matmulGpu(a: Float32Array, b: Float32Array, one: Case) {
  const [batch, m, k, n] = one.shape;
  const { transposeA = false, transposeB = false, isShared = false } = one;
  const [bytes] = await onGpu((device, encoder, put) => {
    const c = createTensor(device, [batch, m, n], "c");
    matmul(
      device,
      encoder,
      put(transposeA ? [batch, k, m] : [batch, m, k], a),
      put([isShared ? 1 : batch, ...(transposeB ? [n, k] : [k, n])], b),
      c,
      { transposeA, transposeB },
    );
    return [c];
  });
  return new Float32Array(bytes);
}

const backends = {
  cpu: async (a: Float32Array, b: Float32Array, one: Case) => matmulCpu(a, b, one),
  gpu: matmulGpu,
};

test.each(Object.entries(backends))(
  "matmul on the %s is the product by hand, however its operands lie",
  async (_, product) => {
    const shape = [1, 2, 3, 2] as const;
    const [a, aTransposed] = [Float32Array.of(1, 2, 3, 4, 5, 6), Float32Array.of(1, 4, 2, 5, 3, 6)];
    const [b, bTransposed] = [
      Float32Array.of(7, 8, 9, 10, 11, 12),
      Float32Array.of(7, 9, 11, 8, 10, 12),
    ];
    const wanted = [58, 64, 139, 154];
    expect([...(await product(a, b, { shape }))]).toEqual(wanted);
    expect([...(await product(aTransposed, b, { shape, transposeA: true }))]).toEqual(wanted);
    expect([...(await product(a, bTransposed, { shape, transposeB: true }))]).toEqual(wanted);
  },
);

// Sizes straddle the 64 rows and columns of a tile and the 16 inputs of a step. A float32 sum of k
// products is off by some 1e-7 times √k of the products' own size, which the outlier, an attention
// sink's, sets for its row or column: it is held to the sum of the products' absolute values.
test.each<Case>([
  { shape: [1, 1, 1, 1] },
  { shape: [2, 63, 15, 65], transposeB: true },
  { shape: [3, 65, 17, 64], transposeA: true },
  { shape: [2, 130, 16, 3], isShared: true },
  { shape: [2, 5, 100, 129], transposeA: true, transposeB: true },
  { shape: [3, 70, 33, 70], transposeA: true, isShared: true },
])(
  "the gpu matches the cpu: $shape, transposed $transposeA $transposeB, shared $isShared",
  async (one) => {
    const [batch, m, k, n] = one.shape;
    const a = normals(batch * m * k, 1, 1);
    const b = normals((one.isShared ? 1 : batch) * k * n, 1, 2);
    a[(m * k) >> 1] = 22_500;
    const gpu = await matmulGpu(a, b, one);
    const sizes = matmulCpu(a.map(Math.abs), b.map(Math.abs), one);
    matmulCpu(a, b, one).forEach((x, i) => {
      expect(Math.abs(gpu[i] - x)).toBeLessThan(1e-6 + 1e-6 * sizes[i]);
    });
  },
);

test("matmul() keeps what it is told of c, row by row, and adds a bias to each matrix", async () => {
  const [batch, m, k, n] = [2, 67, 5, 66];
  const a = normals(batch * m * k, 1, 3);
  const b = normals(batch * k * n, 1, 4);
  const before = normals(batch * m * n, 1, 5);
  const factors = normals(m, 1, 6);
  const bias = normals(batch * n, 1, 7);
  const [bytes] = await onGpu((device, encoder, put) => {
    const c = put([batch, m, n], before);
    const options = {
      scale: 0.5,
      keep: -2,
      factors: put([m], factors),
      bias: put([batch, n], bias),
    };
    matmul(device, encoder, put([batch, m, k], a), put([batch, k, n], b), c, options);
    return [c];
  });
  const gpu = new Float32Array(bytes);
  matmulCpu(a, b, { shape: [batch, m, k, n] }).forEach((x, i) => {
    const [row, at] = [Math.floor(i / n) % m, Math.floor(i / (m * n)) * n + (i % n)];
    expect(gpu[i]).toBeCloseTo(0.5 * x - 2 * factors[row] * before[i] + bias[at], 4);
  });
});

test("matmul() that keeps nothing does not read what is there", async () => {
  const [bytes] = await onGpu((device, encoder, put) => {
    const c = put([1, 1, 1], Float32Array.of(Number.NaN));
    matmul(
      device,
      encoder,
      put([1, 1, 1], Float32Array.of(2)),
      put([1, 1, 1], Float32Array.of(3)),
      c,
    );
    return [c];
  });
  expect([...new Float32Array(bytes)]).toEqual([6]);
});

test("matmul() refuses operands that do not fit", async () => {
  const wrong = onGpu((device, encoder, put) => {
    const c = createTensor(device, [1, 2, 2], "c");
    matmul(
      device,
      encoder,
      put([1, 2, 3], new Float32Array(6)),
      put([1, 2, 2], new Float32Array(4)),
      c,
    );
    return [c];
  });
  await expect(wrong).rejects.toThrow("matmul: b has shape [1, 2, 2], expected [1 or 1, 3, 2]");
});
