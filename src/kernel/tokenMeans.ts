import { ShapeError } from "../errors";
import { defineKernel, encode } from "../gpu/kernel";
import type { GpuTensor } from "../gpu/tensor";
import wgsl from "./tokenMeans.wgsl?raw";

const kernel = defineKernel({
  label: "tokenMeans",
  wgsl,
  bindings: {
    shape: "uniform",
    logits: "read-only-storage",
    running: "read-only-storage",
    means: "storage",
  },
});

/**
 * Adds, for each token of a tile, its probability summed over rows and scaled.
 *
 * @param logits `[1, rows, columns]`, of the tokens from `first` on
 * @param running `[rows, 2]`: the largest logit of the whole row, and the sum of exponentials relative to it
 * @param means `[vocab]`
 * @throws ShapeError if they do not fit each other
 */
export function tokenMeans(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  logits: GpuTensor,
  running: GpuTensor,
  means: GpuTensor,
  { first, scale }: { readonly first: number; readonly scale: number },
): void {
  const [, rows, columns] = logits.shape;
  if (running.shape.join() !== `${rows},2`)
    throw new ShapeError("tokenMeans: running", running.shape, `[${rows}, 2]`);
  if (means.shape[0] < first + columns)
    throw new ShapeError("tokenMeans: means", means.shape, `[≥ ${first + columns}]`);
  encode(
    device,
    encoder,
    kernel,
    { shape: { u32: [rows, columns, first], f32: [scale] }, logits, running, means },
    [Math.ceil(columns / 64), 1, 1],
  );
}
