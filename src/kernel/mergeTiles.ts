import { gridFor } from "../gpu/dispatch";
import { defineKernel, encode } from "../gpu/kernel";
import { createTensor, type GpuTensor } from "../gpu/tensor";
import wgsl from "./mergeTiles.wgsl?raw";
import type { TileStatistics } from "./unembed";

const kernel = defineKernel({
  label: "mergeTiles",
  wgsl,
  bindings: {
    shape: "uniform",
    stripMaxima: "read-only-storage",
    tileSums: "read-only-storage",
    merged: "storage",
  },
});

/**
 * Statistics of each row, in this order: the largest logit; the log of the sum of exponentials
 * relative to it (so that a log-probability is `z − maximum − logSum`); entropy; KL(final ‖ lens),
 * at least 0, and 0 in the output row; the target's rank, which means nothing where there is none.
 *
 * @returns `[positions, members, 5]`; the caller owns it
 */
export function mergeTiles(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  { stripMaxima, tileSums }: TileStatistics,
): GpuTensor {
  const [positions, members, tiles] = tileSums.shape;
  const rows = positions * members;
  const merged = createTensor(device, [positions, members, 5], "merged");
  encode(
    device,
    encoder,
    kernel,
    { shape: { u32: [rows, members, tiles] }, stripMaxima, tileSums, merged },
    gridFor(rows, device.limits),
  );
  return merged;
}
