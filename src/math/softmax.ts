/** ln Σ exp(logits), shifted by the maximum so that nothing overflows. */
export function logSumExp(logits: ArrayLike<number>): number {
  let max = -Infinity;
  for (let i = 0; i < logits.length; ++i) max = Math.max(max, logits[i]);
  let sum = 0;
  for (let i = 0; i < logits.length; ++i) sum += Math.exp(logits[i] - max);
  return max + Math.log(sum);
}

/** Log-probabilities of `softmax(logits)`, in float64. */
export function logSoftmax(logits: ArrayLike<number>): Float64Array<ArrayBuffer> {
  const lse = logSumExp(logits);
  return Float64Array.from(logits, (logit) => logit - lse);
}
