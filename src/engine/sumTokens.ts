import { pieceOperations } from "../gpu/recording";
import type { Scratch } from "../gpu/scratch";
import { type GpuTensor, reshaped } from "../gpu/tensor";
import { gatherRows } from "../kernel/gatherRows";
import { matmul } from "../kernel/matmul";
import { softmaxTile } from "../kernel/softmaxTile";
import type { GradientPass } from "./gradientGpu";

/** Tokens, and what is added to their logits, `[tokens]` each. */
export type GpuTokens = { readonly ids: GpuTensor; readonly added: GpuTensor };

/** Sums over the vocabulary of some rows, and what they are relative to. */
type TokenSums = {
  /** `[rows, width]`: Σ exp(z − m) W_U[v]. */
  readonly sums: GpuTensor;
  /** `[rows, 2]`: the largest logit `m`, and Σ exp(z − m). */
  readonly running: GpuTensor;
};

/** Numbers in a tile of logits at most: 64 MB. */
const maxTileLogits = 2 ** 24;
/** More tokens at once would make it no faster. */
const maxTileTokens = 2048;
/** Tiles are of a multiple: a matrix product takes as many at once. */
const tokenStep = 64;

/** Logits that a tile of so many rows may have, unless its fewest tokens have more. */
const fittingLogits = (rows: number, width: number) =>
  Math.min(maxTileLogits, pieceOperations / (4 * width), maxTileTokens * rows);

/** Room for tiles of so many rows or fewer; it is to be taken before anything that uses it is recorded. */
export function takeTiles(scratch: Scratch, rows: number, width: number) {
  const logits = Math.max(tokenStep * rows, Math.ceil(fittingLogits(rows, width)));
  return {
    logits: scratch.take("logits", [logits]),
    weights: scratch.take("token rows", [maxTileTokens, width]),
    biases: scratch.take("token biases", [maxTileTokens]),
    factors: scratch.take("factors", [rows]),
  };
}

/**
 * One pass over the tokens for a block of rows: a tile of logits at a time, its exponentials, and what
 * they add to the mean row of the unembedding. Nothing of size vocab is kept.
 *
 * @param normed `[rows, width]`
 */
export async function sumTokens(
  { device, recording, unembed, tokens, room: { tiles } }: GradientPass,
  normed: GpuTensor,
  { sums, running }: TokenSums,
): Promise<void> {
  const [rows, width] = normed.shape;
  const [count] = tokens.ids.shape;
  const softmax = { running, factors: reshaped(tiles.factors, [rows]) };
  const steps = Math.floor(fittingLogits(rows, width) / rows / tokenStep);
  const step = tokenStep * Math.max(1, steps);
  for (let from = 0; from < count; from += step) {
    const size = Math.min(step, count - from);
    const weights = reshaped(tiles.weights, [1, size, width]);
    const biases = reshaped(tiles.biases, [1, size]);
    const logits = reshaped(tiles.logits, [1, rows, size]);
    const encoder = await recording.next(4 * rows * size * width);
    gatherRows(device, encoder, unembed.weights, tokens, { rows: weights, biases }, from);
    const states = reshaped(normed, [1, rows, width]);
    matmul(device, encoder, states, weights, logits, { transposeB: true, bias: biases });
    softmaxTile(device, encoder, logits, softmax, { isFirst: from === 0 });
    matmul(device, encoder, logits, weights, reshaped(sums, [1, rows, width]), {
      keep: from === 0 ? 0 : 1,
      factors: softmax.factors,
    });
  }
}
