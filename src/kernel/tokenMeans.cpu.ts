import { logSoftmax } from "../math/softmax";

/**
 * Mean probability of each token over rows. The reference for `tokenMeans.wgsl`.
 *
 * @param logits `[rows, vocab]`
 * @returns `[vocab]`
 */
export function tokenMeansCpu(logits: Float32Array, vocab: number): Float64Array {
  const rows = logits.length / vocab;
  const means = new Float64Array(vocab);
  for (let row = 0; row < rows; ++row)
    logSoftmax(logits.subarray(row * vocab, (row + 1) * vocab)).forEach((logProb, v) => {
      means[v] += Math.exp(logProb) / rows;
    });
  return means;
}
