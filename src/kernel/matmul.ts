import { ShapeError } from "../errors";
import { defineKernel, encode } from "../gpu/kernel";
import type { GpuTensor } from "../gpu/tensor";
import wgsl from "./matmul.wgsl?raw";

const kernel = defineKernel({
  label: "matmul",
  wgsl,
  bindings: {
    shape: "uniform",
    a: "read-only-storage",
    b: "read-only-storage",
    factors: "read-only-storage",
    bias: "read-only-storage",
    c: "storage",
  },
});

const tile = 64;

type Options = {
  /** `a` is `[batch, k, m]`. */
  readonly transposeA?: boolean;
  /** `b` is `[batch, n, k]`. */
  readonly transposeB?: boolean;
  /** 1 unless given. */
  readonly scale?: number;
  /** What is left of `c`: none unless given. */
  readonly keep?: number;
  /** `[m]`: by these too each row of what is left of `c` is multiplied, in every matrix alike. */
  readonly factors?: GpuTensor;
  /** `[batch, n]`, added to each row. */
  readonly bias?: GpuTensor;
};

/**
 * `c = scale · a b + keep · factors · c + bias` for each of a batch of matrices. Where nothing is kept,
 * what is in `c` is never read.
 *
 * @param a `[batch, m, k]`
 * @param b `[batch, k, n]`, or `[1, k, n]` for all
 * @param c `[batch, m, n]`, none of the others' buffer
 * @throws ShapeError if they do not fit each other
 */
export function matmul(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  a: GpuTensor,
  b: GpuTensor,
  c: GpuTensor,
  { transposeA = false, transposeB = false, scale = 1, keep = 0, factors, bias }: Options = {},
): void {
  const [batch, m, n] = c.shape;
  const k = a.shape[transposeA ? 1 : 2];
  const wantedA = transposeA ? [batch, k, m] : [batch, m, k];
  const wantedB = transposeB ? [n, k] : [k, n];
  if (c.shape.length !== 3 || a.shape.join() !== wantedA.join())
    throw new ShapeError("matmul: a", a.shape, `[${wantedA.join(", ")}]`);
  if (![1, batch].includes(b.shape[0]) || b.shape.slice(1).join() !== wantedB.join())
    throw new ShapeError("matmul: b", b.shape, `[1 or ${batch}, ${wantedB.join(", ")}]`);
  if (factors && factors.shape.join() !== `${m}`)
    throw new ShapeError("matmul: factors", factors.shape, `[${m}]`);
  if (bias && bias.shape.join() !== `${batch},${n}`)
    throw new ShapeError("matmul: bias", bias.shape, `[${batch}, ${n}]`);
  encode(
    device,
    encoder,
    kernel,
    {
      shape: {
        u32: [
          ...[m, n, k],
          ...[m * k, ...(transposeA ? [1, m] : [k, 1])],
          ...[b.shape[0] === 1 ? 0 : k * n, ...(transposeB ? [k, 1] : [1, n])],
          ...[factors, bias].map((tensor) => Number(tensor !== undefined)),
        ],
        f32: [scale, keep],
      },
      a,
      b,
      factors: factors ?? a, // never read
      bias: bias ?? a,
      c,
    },
    [Math.ceil(m / tile), Math.ceil(n / tile), batch],
  );
}
