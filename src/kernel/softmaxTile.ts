import { ShapeError } from "../errors";
import { gridFor } from "../gpu/dispatch";
import { defineKernel, encode } from "../gpu/kernel";
import type { GpuTensor } from "../gpu/tensor";
import wgsl from "./softmaxTile.wgsl?raw";

const kernel = defineKernel({
  label: "softmaxTile",
  wgsl,
  bindings: { shape: "uniform", logits: "storage", running: "storage", factors: "storage" },
});

/** What is known of each row's softmax after some tiles. */
export type RunningSoftmax = {
  /** `[rows, 2]`: the largest logit, and the sum of exponentials relative to it. */
  readonly running: GpuTensor;
  /** `[rows]`: by these is multiplied what was summed over the tiles before the last. */
  readonly factors: GpuTensor;
};

/**
 * Takes one more tile of the vocabulary into the softmax of each row.
 *
 * @param logits `[1, rows, columns]`; `exp(z − m)` afterwards, unless they are to stay
 * @param isFirst of the tiles: `softmax` is not read
 * @throws ShapeError if they do not fit each other
 */
export function softmaxTile(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  logits: GpuTensor,
  { running, factors }: RunningSoftmax,
  { isFirst, stays = false }: { readonly isFirst: boolean; readonly stays?: boolean },
): void {
  const [, rows, columns] = logits.shape;
  if (running.shape.join() !== `${rows},2` || factors.shape.join() !== `${rows}`)
    throw new ShapeError("softmaxTile: running", running.shape, `[${rows}, 2]`);
  encode(
    device,
    encoder,
    kernel,
    { shape: { u32: [rows, columns, Number(isFirst)] }, logits, running, factors },
    gridFor(rows, device.limits),
    { inPlace: Number(!stays) },
  );
}
