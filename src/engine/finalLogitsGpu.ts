import type { Recording } from "../gpu/recording";
import type { Scratch } from "../gpu/scratch";
import { type GpuTensor, reshaped } from "../gpu/tensor";
import { matmul } from "../kernel/matmul";
import { norm } from "../kernel/norm";
import { softmaxTile } from "../kernel/softmaxTile";
import type { GpuUnembed } from "./lensGpu";

/** Logits of some rows, in the ranges that `W_U` is in. */
export type FinalLogits = {
  /** `[1, rows, count]` each, of the tokens from `first` on. */
  readonly ranges: readonly { readonly first: number; readonly logits: GpuTensor }[];
  /** `[rows, 2]`: the largest logit, and the sum of exponentials relative to it. */
  readonly running: GpuTensor;
  readonly factors: GpuTensor;
};

/** Room for the logits of so many rows; it is to be taken before anything that uses it is recorded. */
export function takeLogits(scratch: Scratch, { vocab, weights }: GpuUnembed, rows: number) {
  return {
    normed: scratch.take("normed", [rows, weights.width]),
    running: scratch.take("running", [rows, 2]),
    factors: scratch.take("factors", [rows]),
    biases: weights.ranges.map(({ count }, i) => scratch.take(`biases ${i}`, [1, count])),
    logits: weights.ranges.map(({ count }, i) => scratch.take(`logits ${i}`, [rows * count])),
    means: scratch.take("means", [vocab]),
  };
}

/**
 * Records the model's own logits of some positions, and of each the maximum and the sum of its softmax.
 *
 * @param hidden `h_L`, `[≥ first + rows, dModel]`
 * @param room from `takeLogits`, for as many rows or more
 */
export async function recordLogits(
  device: GPUDevice,
  recording: Recording,
  { norm: finalNorm, weights: { width, ranges, bias } }: GpuUnembed,
  hidden: GpuTensor,
  { first, rows }: { readonly first: number; readonly rows: number },
  room: ReturnType<typeof takeLogits>,
): Promise<FinalLogits> {
  const final = {
    ranges: ranges.map(({ first, count }, i) => ({
      first,
      logits: reshaped(room.logits[i], [1, rows, count]),
    })),
    running: reshaped(room.running, [rows, 2]),
    factors: reshaped(room.factors, [rows]),
  };
  const normed = reshaped(room.normed, [rows, 1, width]);
  norm(device, await recording.next(0), finalNorm, hidden, normed, { first, member: 0 });
  for (const [i, { first, count, weight }] of ranges.entries()) {
    const encoder = await recording.next(2 * rows * count * width);
    const biases = room.biases[i];
    encoder.copyBufferToBuffer(bias.buffer, 4 * first, biases.buffer, 0, 4 * count);
    const { logits } = final.ranges[i];
    const states = reshaped(normed, [1, rows, width]);
    const tokenRows = reshaped(weight, [1, count, width]);
    matmul(device, encoder, states, tokenRows, logits, { transposeB: true, bias: biases });
    softmaxTile(device, encoder, logits, final, { isFirst: i === 0, stays: true });
  }
  return final;
}
