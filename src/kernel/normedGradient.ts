import { ShapeError } from "../errors";
import { gridFor } from "../gpu/dispatch";
import { defineKernel, encode } from "../gpu/kernel";
import type { GpuTensor } from "../gpu/tensor";
import wgsl from "./normedGradient.wgsl?raw";

const kernel = defineKernel({
  label: "normedGradient",
  wgsl,
  bindings: {
    shape: "uniform",
    sums: "storage",
    running: "read-only-storage",
    normed: "read-only-storage",
    towards: "read-only-storage",
    towardsRunning: "read-only-storage",
    anchor: "read-only-storage",
    weights: "read-only-storage",
    losses: "storage",
  },
});

/** What was summed over the vocabulary, of some rows. */
type GpuSums = {
  /** `[rows, width]`: Σ exp(z − m) W_U[v]. */
  readonly sums: GpuTensor;
  /** `[rows, 2]`: the largest logit `m`, and Σ exp(z − m). */
  readonly running: GpuTensor;
};

/** What a lens is drawn towards, by position. */
export type GpuAim = GpuSums & {
  /** `[positions, width]`: the normed final states; zeros for the cross entropy. */
  readonly anchor: GpuTensor;
  /** `[positions]`: of each in the mean loss, 0 where it does not count. */
  readonly weights: GpuTensor;
};

/**
 * Turns the sums of some rows into the gradient with respect to their normed states, and fills in their
 * losses: KL(final ‖ lens), or the cross entropy where `aim` is `W_U[target]`, `(bias, 1)` and zeros.
 * A row's loss is not weighted.
 *
 * @param normed `[rows, width]`; row `r` is of position `r mod positions`
 * @param losses `[rows]`, in nats
 * @throws ShapeError if they do not fit each other
 */
export function normedGradient(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  { sums, running }: GpuSums,
  normed: GpuTensor,
  aim: GpuAim,
  losses: GpuTensor,
): void {
  const [rows, width] = normed.shape;
  const [positions] = aim.weights.shape;
  for (const [name, { shape }, wanted] of [
    ["sums", sums, [rows, width]],
    ["running", running, [rows, 2]],
    ["towards", aim.sums, [positions, width]],
    ["towardsRunning", aim.running, [positions, 2]],
    ["anchor", aim.anchor, [positions, width]],
    ["losses", losses, [rows]],
  ] as const)
    if (shape.join() !== wanted.join())
      throw new ShapeError(`normedGradient: ${name}`, shape, `[${wanted.join(", ")}]`);
  encode(
    device,
    encoder,
    kernel,
    {
      shape: { u32: [rows, positions, width] },
      sums,
      running,
      normed,
      towards: aim.sums,
      towardsRunning: aim.running,
      anchor: aim.anchor,
      weights: aim.weights,
      losses,
    },
    gridFor(rows, device.limits),
  );
}
