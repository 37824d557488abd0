import type { Pace } from "../gpu/pace";
import { createRecording, pieceOperations } from "../gpu/recording";
import type { Scratch } from "../gpu/scratch";
import { type GpuTensor, recordReadback } from "../gpu/tensor";
import { softmaxTile } from "../kernel/softmaxTile";
import { tokenMeans } from "../kernel/tokenMeans";
import { recordLogits, takeLogits } from "./finalLogitsGpu";
import type { GpuUnembed } from "./lensGpu";

/** Logits of a block of positions at most, in numbers: 64 MB. */
const maxLogits = 2 ** 24;
/** A matrix product takes as many rows at once; fewer positions would leave it idle. */
const tileRows = 64;

/**
 * Mean final probability of each token over positions. The logits of a block of positions are kept
 * until their softmax is known: computing them again would cost as much as a sixth of a step.
 *
 * @param hidden `h_L`, `[≥ positions, dModel]`
 * @returns `[vocab]`
 */
export async function finalProbsGpu(
  device: GPUDevice,
  pace: Pace,
  unembed: GpuUnembed,
  hidden: GpuTensor,
  positions: number,
  scratch: Scratch,
): Promise<Float32Array> {
  const { vocab, weights } = unembed;
  const recording = createRecording(device, pace, "final probabilities");
  const fitting = Math.min(maxLogits, pieceOperations / (2 * weights.width)) / vocab;
  const block = Math.min(positions, tileRows * Math.max(1, Math.floor(fitting / tileRows)));
  const room = takeLogits(scratch, unembed, block);
  (await recording.next(0)).clearBuffer(room.means.buffer);
  for (let first = 0; first < positions; first += block) {
    const range = { first, rows: Math.min(block, positions - first) };
    const final = await recordLogits(device, recording, unembed, hidden, range, room);
    const encoder = await recording.next(0);
    for (const { first, logits } of final.ranges) {
      const at = { first, scale: 1 / positions };
      tokenMeans(device, encoder, logits, final.running, room.means, at);
    }
  }
  const readback = recordReadback(device, await recording.next(0), [room.means]);
  try {
    await recording.submit();
    const [bytes] = await readback.read();
    return new Float32Array(bytes);
  } finally {
    readback.destroy();
  }
}

/**
 * The model's own distribution at some positions.
 *
 * @param hidden `h_L`, `[rows, dModel]`
 * @returns `[rows, vocab]`, each row relative to its largest probability
 */
export async function finalExpsGpu(
  device: GPUDevice,
  pace: Pace,
  unembed: GpuUnembed,
  hidden: GpuTensor,
  scratch: Scratch,
): Promise<Float32Array> {
  const { vocab } = unembed;
  const [rows] = hidden.shape;
  const recording = createRecording(device, pace, "final distribution");
  const room = takeLogits(scratch, unembed, rows);
  const range = { first: 0, rows };
  const final = await recordLogits(device, recording, unembed, hidden, range, room);
  const encoder = await recording.next(0);
  // Once more, now that the largest logit of all ranges is known.
  for (const { logits } of final.ranges)
    softmaxTile(device, encoder, logits, final, { isFirst: false });
  const readback = recordReadback(
    device,
    encoder,
    final.ranges.map(({ logits }) => logits),
  );
  try {
    await recording.submit();
    const parts = (await readback.read()).map((bytes) => new Float32Array(bytes));
    if (parts.length === 1) return parts[0];
    const exps = new Float32Array(rows * vocab);
    for (const [i, { first, logits }] of final.ranges.entries()) {
      const count = logits.shape[2];
      for (let row = 0; row < rows; ++row)
        exps.set(parts[i].subarray(row * count, (row + 1) * count), row * vocab + first);
    }
    return exps;
  } finally {
    readback.destroy();
  }
}
