import { invariant } from "../errors";
import { type GpuTensor, reshaped, upload } from "../gpu/tensor";
import { gatherRows } from "../kernel/gatherRows";
import { norm } from "../kernel/norm";
import type { GpuAim } from "../kernel/normedGradient";
import { softmaxTile } from "../kernel/softmaxTile";
import type { Sequence, TokenSubset } from "../lens/trainingBackend";
import type { GradientPass } from "./gradientGpu";
import { sumTokens } from "./sumTokens";

/** Consecutive positions of a sequence. */
export type Range = { readonly first: number; readonly count: number };

/**
 * Records what the lens is drawn towards at some positions by KL: the final distribution.
 *
 * @param weights of each position of the sequence in the mean loss
 */
export async function aimAtFinal(
  pass: GradientPass,
  { hidden }: Sequence<GpuTensor>,
  range: Range,
  weights: Float32Array,
): Promise<GpuAim> {
  const { device, recording, unembed } = pass;
  const aim = aimOf(pass, range, weights);
  const { first, count } = range;
  const rows = reshaped(aim.anchor, [count, 1, unembed.weights.width]);
  const encoder = await recording.next(0);
  norm(device, encoder, unembed.norm, hidden[hidden.length - 1], rows, { first, member: 0 });
  await sumTokens(pass, aim.anchor, aim);
  return aim;
}

/**
 * Records what the lens is drawn towards at some positions by the cross entropy: the next input token.
 *
 * @param weights of each position of the sequence in the mean loss: 0 where it has no target
 * @param subset that has all targets
 */
export async function aimAtTargets(
  pass: GradientPass,
  { targets }: Sequence<GpuTensor>,
  range: Range,
  weights: Float32Array,
  subset: TokenSubset | null,
): Promise<GpuAim> {
  const { device, recording, unembed, room, keep } = pass;
  const aim = aimOf(pass, range, weights);
  const { first, count } = range;
  const { width } = unembed.weights;
  const ids = targets.slice(first, first + count);
  const added = Float32Array.from(ids, (id) => logWeightOf(id, subset));
  const tokens = {
    ids: keep(upload(device, [count], ids, "targets")),
    added: keep(upload(device, [count], added, "log weights of targets")),
  };
  const biases = reshaped(room.aimBiases, [1, count]);
  const encoder = await recording.next(0);
  const gathered = { rows: reshaped(aim.sums, [1, count, width]), biases };
  gatherRows(device, encoder, unembed.weights, tokens, gathered);
  // A softmax over the target alone: its logit without the product, and 1.
  const softmax = { running: aim.running, factors: reshaped(room.tiles.factors, [count]) };
  softmaxTile(device, encoder, reshaped(biases, [1, count, 1]), softmax, { isFirst: true });
  encoder.clearBuffer(aim.anchor.buffer);
  return aim;
}

function aimOf(
  { device, unembed, room, keep }: GradientPass,
  { first, count }: Range,
  weights: Float32Array,
): GpuAim {
  const { width } = unembed.weights;
  const some = weights.subarray(first, first + count);
  return {
    sums: reshaped(room.aimSums, [count, width]),
    running: reshaped(room.aimRunning, [count, 2]),
    anchor: reshaped(room.anchor, [count, width]),
    weights: keep(upload(device, [count], some, "weights of positions")),
  };
}

/** 0 where there is no token: such positions count for nothing. */
function logWeightOf(id: number, subset: TokenSubset | null): number {
  if (id < 0 || !subset) return 0;
  const at = subset.ids.indexOf(id);
  invariant(at >= 0, `target ${id} is not among the tokens`);
  return subset.logWeights[at];
}
