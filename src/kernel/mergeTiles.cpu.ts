import { logSoftmax } from "../math/softmax";
import { rank } from "../math/topK";

/** Of one row, in nats. `logSum` is relative to `maximum`: together they are ln Σ exp z. */
export type Merged = {
  readonly maximum: number;
  readonly logSum: number;
  readonly entropy: number;
  readonly klFromFinal: number;
  readonly rank: number;
};

/**
 * Statistics of one row, straight from its logits. The reference for `unembed.wgsl` and
 * `mergeTiles.wgsl` together.
 *
 * @param logits `[vocab]`
 * @param finalLogits `[vocab]`, of the output row of the same position
 * @param targetId −1 where there is none: the rank is then NaN
 */
export function mergedCpu(
  logits: ArrayLike<number>,
  finalLogits: ArrayLike<number>,
  targetId: number,
): Merged {
  const logQ = logSoftmax(logits);
  const logP = logSoftmax(finalLogits);
  let entropy = 0;
  let kl = 0;
  let maximum = -Infinity;
  for (let v = 0; v < logQ.length; ++v) {
    entropy -= Math.exp(logQ[v]) * logQ[v];
    kl += Math.exp(logP[v]) * (logP[v] - logQ[v]);
    maximum = Math.max(maximum, logits[v]);
  }
  return {
    maximum,
    logSum: logits[0] - logQ[0] - maximum,
    entropy,
    klFromFinal: Math.max(0, kl),
    rank: targetId < 0 ? Number.NaN : rank(logits, targetId),
  };
}
