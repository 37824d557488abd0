import { invariant } from "../errors";
import type { Floats } from "../math/floats";
import { timesTransposed, transposed } from "../math/products";
import { logSoftmax } from "../math/softmax";
import { normGradient } from "./normGradient";
import type { Sequence, TokenSubset } from "./trainingBackend";
import type { Loss } from "./trainingSettings";
import type { Unembed } from "./unembed";

/** Parameters of one layer, in the width that they are trained in. */
export type Affine = { readonly weight: Floats; readonly bias: Floats };

/** The mean loss of one layer in nats, and its gradient. */
export type LensGradient = {
  readonly loss: number;
  /** `[dModel, dModel]`, output index first. */
  readonly weight: Float64Array;
  /** `[dModel]`. */
  readonly bias: Float64Array;
};

/**
 * The gradient of one layer's loss in float64: the definition, which keeps the logits of all positions.
 *
 * From `dKL/dh̃ = ē_lens − ē_final`, and `dCE/dh̃ = ē_lens − W_U[target]`, where `ē` is the mean row of
 * the unembedding under a distribution; then back through the norm. The loss is the mean over
 * positions, for the cross entropy over those that have a target.
 *
 * @param layer which hidden state is translated
 * @param tokens null: the whole vocabulary. A target must be among them.
 */
export function lensGradient(
  unembed: Unembed,
  { hidden, positions, targets }: Sequence<Floats>,
  layer: number,
  { weight, bias }: Affine,
  loss: Loss,
  tokens: TokenSubset | null,
): LensGradient {
  const { dModel, norm } = unembed;
  const statesOf = (row: number) => new Float64Array(hidden[row].subarray(0, positions * dModel));
  const { rows, logitsOf } = unembedOf(unembed, tokens);
  const h = statesOf(layer);
  const translated = timesTransposed(h, new Float64Array(weight), dModel).map(
    (product, at) => h[at] + product + bias[at % dModel],
  );
  const { normed, back } = normGradient(norm, translated);

  const logits = logitsOf(normed);
  const final = loss === "kl" && logitsOf(normGradient(norm, statesOf(hidden.length - 1)).normed);
  const vocab = logits.length / positions;
  const slopes = new Float64Array(logits.length); // of the loss with respect to the logits
  const counted = final ? positions : targets.subarray(0, positions).filter((id) => id >= 0).length;
  let total = 0;
  for (let position = 0; position < positions; ++position) {
    const target = targets[position];
    if (!final && target < 0) continue;
    const start = position * vocab;
    const logProbs = logSoftmax(logits.subarray(start, start + vocab));
    const finalLogProbs = final && logSoftmax(final.subarray(start, start + vocab));
    const targetAt = tokens ? tokens.ids.indexOf(target) : target;
    invariant(final || targetAt >= 0, "a target is not among the tokens");
    for (let v = 0; v < vocab; ++v) {
      // What the lens is to say, and by how much that is more than it says.
      const toward = finalLogProbs ? Math.exp(finalLogProbs[v]) : Number(v === targetAt);
      if (toward > 0) total += toward * ((finalLogProbs ? finalLogProbs[v] : 0) - logProbs[v]);
      slopes[start + v] = (Math.exp(logProbs[v]) - toward) / counted;
    }
  }

  const slopesOfNormed = timesTransposed(slopes, transposed(rows, dModel), vocab);
  const slopesOfTranslated = transposed(back(slopesOfNormed), dModel);
  return {
    loss: total / Math.max(1, counted),
    weight: timesTransposed(slopesOfTranslated, transposed(h, dModel), positions),
    bias: timesTransposed(slopesOfTranslated, new Float64Array(positions).fill(1), positions),
  };
}

/** The rows of the unembedding that stand for the vocabulary, and logits that have their log weights. */
function unembedOf({ vocab, dModel, unembedding, bias }: Unembed, tokens: TokenSubset | null) {
  const ids = tokens?.ids ?? Int32Array.from({ length: vocab }, (_, id) => id);
  const rows = new Float64Array(ids.length * dModel);
  const offsets = new Float64Array(ids.length);
  for (const [v, id] of ids.entries()) {
    rows.set(unembedding.subarray(id * dModel, (id + 1) * dModel), v * dModel);
    offsets[v] = (bias?.[id] ?? 0) + (tokens?.logWeights[v] ?? 0);
  }
  return {
    rows,
    logitsOf: (normed: Float64Array) =>
      timesTransposed(normed, rows, dModel).map((logit, at) => logit + offsets[at % ids.length]),
  };
}
