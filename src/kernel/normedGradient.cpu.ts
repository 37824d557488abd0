import type { Unembed } from "../lens/unembed";
import { logSoftmax } from "../math/softmax";
import { logitsCpu } from "./unembed.cpu";

/**
 * Loss of one row and its gradient with respect to the normed state, straight from all logits. The
 * reference for `normedGradient.wgsl` and what comes before it.
 *
 * @param normed `[dModel]`
 * @param aim the normed final state, whose distribution the lens is drawn towards, or the target's id
 */
export function normedGradientCpu(
  unembed: Unembed,
  normed: Float32Array | Float64Array,
  aim: Float32Array | number,
) {
  const { vocab, dModel, unembedding } = unembed;
  const logProbs = logSoftmax(logitsCpu(unembed, normed));
  const wanted = new Float64Array(vocab);
  let loss = 0;
  if (typeof aim === "number") {
    wanted[aim] = 1;
    loss = -logProbs[aim];
  } else {
    logSoftmax(logitsCpu(unembed, aim)).forEach((logProb, v) => {
      wanted[v] = Math.exp(logProb);
      loss += wanted[v] * (logProb - logProbs[v]);
    });
  }
  const gradient = new Float64Array(dModel);
  for (let v = 0; v < vocab; ++v) {
    const slope = Math.exp(logProbs[v]) - wanted[v];
    for (let i = 0; i < dModel; ++i) gradient[i] += slope * unembedding[v * dModel + i];
  }
  return { loss, gradient };
}
