import { ShapeError } from "../errors";
import type { Pace } from "../gpu/pace";
import { createRecording, type Recording } from "../gpu/recording";
import type { Scratch } from "../gpu/scratch";
import { type GpuTensor, recordReadback, reshaped } from "../gpu/tensor";
import { columnSum } from "../kernel/columnSum";
import { matmul } from "../kernel/matmul";
import { norm } from "../kernel/norm";
import { normBackward } from "../kernel/normBackward";
import { type GpuAim, normedGradient } from "../kernel/normedGradient";
import type { Sequence, TokenSubset } from "../lens/trainingBackend";
import type { Loss } from "../lens/trainingSettings";
import { aimAtFinal, aimAtTargets, type Range } from "./aimGpu";
import type { LayerGroup } from "./layerGroups";
import type { GpuUnembed } from "./lensGpu";
import { type GpuTokens, sumTokens, takeTiles } from "./sumTokens";

/** Parameters of a group of layers and their gradient. */
type GradientGroup = LayerGroup & {
  /** `[count, dModel, dModel]` and `[count, dModel]`. */
  readonly weight: GpuTensor;
  readonly bias: GpuTensor;
  /** In the same shapes, added to; the weights' is null where only biases are trained. */
  readonly weightGradient: GpuTensor | null;
  readonly biasGradient: GpuTensor;
};

type GradientOptions = {
  /** Those that are trained, as the groups count them. */
  readonly layers: readonly number[];
  /** What the gradient is multiplied by. */
  readonly share: number;
  readonly loss: Loss;
  /** null: the whole vocabulary. */
  readonly subset: TokenSubset | null;
  /** The subset's, or all. */
  readonly tokens: GpuTokens;
  /** Numbers in each of the tensors of a block of states, at most. */
  readonly maxStates: number;
};

/** What the parts of one gradient share. */
export type GradientPass = {
  readonly device: GPUDevice;
  readonly recording: Recording;
  readonly unembed: GpuUnembed;
  readonly tokens: GpuTokens;
  readonly room: ReturnType<typeof takeRoom>;
  /** Frees a tensor at the end. */
  keep(tensor: GpuTensor): GpuTensor;
};

/** Room for `rows` rows of a group and their block of positions. */
function takeRoom(
  scratch: Scratch,
  rows: number,
  block: number,
  losses: number,
  unembed: GpuUnembed,
) {
  const { dModel, weights } = unembed;
  const { width } = weights;
  return {
    tiles: takeTiles(scratch, rows, width),
    states: scratch.take("states", [rows, dModel]),
    translated: scratch.take("translated", [rows, dModel]),
    normed: scratch.take("normed", [rows, width]),
    sums: scratch.take("sums", [rows, width]),
    running: scratch.take("running", [rows, 2]),
    losses: scratch.take("losses", [rows]),
    allLosses: scratch.take("all losses", [losses]),
    aimSums: scratch.take("aim sums", [block, width]),
    aimRunning: scratch.take("aim running", [block, 2]),
    aimBiases: scratch.take("aim biases", [block]),
    anchor: scratch.take("anchor", [block, width]),
  };
}

/**
 * Adds the gradient of the mean loss of a sequence, times its share, to every group's.
 *
 * The rows of one block are a group's layers at a range of positions: translated, normed, summed over the
 * tokens; the gradient comes back through the norm into `W` and `b`. What the rows are drawn towards is
 * computed once for the range.
 *
 * @returns the mean loss of each layer
 */
export async function addGradients(
  device: GPUDevice,
  pace: Pace,
  unembed: GpuUnembed,
  groups: readonly GradientGroup[],
  sequence: Sequence<GpuTensor>,
  { layers, share, loss, subset, tokens, maxStates }: GradientOptions,
  scratch: Scratch,
): Promise<Float32Array> {
  const { hidden, positions, targets } = sequence;
  for (const { shape } of hidden)
    if (shape.length !== 2 || shape[0] < positions || shape[1] !== unembed.dModel)
      throw new ShapeError("training: hidden", shape, `[≥ ${positions}, ${unembed.dModel}]`);

  const isCounted = (position: number) => loss === "kl" || targets[position] >= 0;
  let counted = 0;
  for (let position = 0; position < positions; ++position) counted += Number(isCounted(position));
  const weights = Float32Array.from({ length: positions }, (_, position) =>
    isCounted(position) ? share / counted : 0,
  );

  const largest = Math.max(...groups.map(({ count }) => count));
  const fitting = Math.floor(maxStates / (largest * unembed.weights.width));
  const block = Math.min(positions, Math.max(1, fitting));
  const ranges = Array.from({ length: Math.ceil(positions / block) }, (_, i) => ({
    first: i * block,
    count: Math.min(block, positions - i * block),
  }));
  const room = takeRoom(scratch, largest * block, block, layers.length * positions, unembed);
  const temporary: GpuTensor[] = [];
  const pass: GradientPass = {
    ...{ device, unembed, tokens, room },
    recording: createRecording(device, pace, "training"),
    keep(tensor) {
      temporary.push(tensor);
      return tensor;
    },
  };
  try {
    let at = 0;
    for (const range of ranges) {
      const aim =
        loss === "kl"
          ? await aimAtFinal(pass, sequence, range, weights)
          : await aimAtTargets(pass, sequence, range, weights, subset);
      for (const group of groups) {
        const states = layers
          .slice(group.first, group.first + group.count)
          .map((layer) => hidden[layer]);
        await addGroup(pass, group, states, range, aim, at);
        at += group.count * range.count;
      }
    }
    const readback = recordReadback(device, await pass.recording.next(0), [room.allLosses]);
    try {
      await pass.recording.submit();
      const [bytes] = await readback.read();
      return means(new Float32Array(bytes));
    } finally {
      readback.destroy();
    }
  } finally {
    for (const { buffer } of temporary) buffer.destroy();
  }

  /** The mean of each layer over positions that count, from losses in the order that they were computed in. */
  function means(losses: Float32Array): Float32Array {
    const sums = new Float64Array(layers.length);
    let at = 0;
    for (const { first, count } of ranges)
      for (const group of groups)
        for (let layer = group.first; layer < group.first + group.count; ++layer)
          for (let position = first; position < first + count; ++position, ++at)
            if (isCounted(position)) sums[layer] += losses[at];
    return Float32Array.from(sums, (sum) => sum / Math.max(1, counted));
  }
}

/**
 * Records the gradient of a group of layers at some positions.
 *
 * @param hidden of each of the layers
 * @param at where among all losses its own go
 */
async function addGroup(
  pass: GradientPass,
  { count, weight, bias, weightGradient, biasGradient }: GradientGroup,
  hidden: readonly GpuTensor[],
  range: Range,
  aim: GpuAim,
  at: number,
): Promise<void> {
  const { device, recording, unembed, room } = pass;
  const { dModel, norm: finalNorm } = unembed;
  const { width } = unembed.weights;
  const rows = count * range.count;
  const states = reshaped(room.states, [count, range.count, dModel]);
  const translated = reshaped(room.translated, [count, range.count, dModel]);
  const flat = reshaped(translated, [rows, dModel]);
  const normed = reshaped(room.normed, [rows, width]);
  const own = {
    sums: reshaped(room.sums, [rows, width]),
    running: reshaped(room.running, [rows, 2]),
  };
  const losses = reshaped(room.losses, [rows]);
  const product = 2 * rows * dModel ** 2;

  let encoder = await recording.next(product);
  const bytes = 4 * range.count * dModel;
  for (const [i, { buffer }] of hidden.entries())
    for (const to of [states, translated])
      encoder.copyBufferToBuffer(buffer, 4 * range.first * dModel, to.buffer, i * bytes, bytes);
  matmul(device, encoder, states, weight, translated, { transposeB: true, keep: 1, bias });
  const normedRows = reshaped(normed, [rows, 1, width]);
  norm(device, encoder, finalNorm, flat, normedRows, { first: 0, member: 0 });
  await sumTokens(pass, normed, own);

  encoder = await recording.next(weightGradient ? product : 0);
  normedGradient(device, encoder, own, normed, aim, losses);
  normBackward(device, encoder, finalNorm, own.sums, flat); // from here on the gradient
  if (weightGradient)
    matmul(device, encoder, translated, states, weightGradient, { transposeA: true, keep: 1 });
  columnSum(device, encoder, translated, biasGradient);
  encoder.copyBufferToBuffer(losses.buffer, 0, room.allLosses.buffer, 4 * at, 4 * rows);
}
