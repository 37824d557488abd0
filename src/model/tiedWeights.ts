import { architectures } from "./architecture/architecture";
import { isSameShape } from "./checkWeights";
import type { ModelConfig } from "./config";
import type { Weights } from "./weights";

/** Numbers compared at a time. */
const comparedNumbers = 2 ** 18;

type Resolved = {
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly notice: string | null;
};

/**
 * What a model is whose config says that embedding and unembedding are one matrix, and whose files hold
 * the unembedding as well: with two that differ it has both, and with the unembedding alone that is both.
 * This is transformers 5 (`modeling_utils.py`, `tie_weights`); version 4 took the embedding.
 *
 * @throws FormatError if one of them is of a dtype that is not read here
 */
export function resolveTied(config: ModelConfig, weights: Weights): Resolved {
  const { tokenEmbedding, unembedding } = architectures[config.family];
  if (!config.tied || !weights.has(unembedding)) return { config, weights, notice: null };
  if (!weights.has(tokenEmbedding)) {
    return { config, weights: renamed(weights, tokenEmbedding, unembedding), notice: null };
  }
  if (isSameMatrix(config, weights, tokenEmbedding, unembedding)) {
    return { config, weights, notice: null };
  }
  return {
    config: { ...config, tied: false },
    weights,
    notice: `The model's config says that ${unembedding} is ${tokenEmbedding}, and its files hold two that differ: both are used, as in transformers 5.`,
  };
}

/** What is asked for as `name` is `stored`. */
function renamed(weights: Weights, name: string, stored: string): Weights {
  const find = (wanted: string) => (wanted === name ? stored : wanted);
  return {
    has: (wanted) => weights.has(find(wanted)),
    dtype: (wanted) => weights.dtype(find(wanted)),
    shape: (wanted) => weights.shape(find(wanted)),
    read: (wanted) => weights.read(find(wanted)),
    readRows: (wanted, rows) => weights.readRows(find(wanted), rows),
  };
}

function isSameMatrix(
  { vocab, dModel }: ModelConfig,
  weights: Weights,
  a: string,
  b: string,
): boolean {
  for (const name of [a, b]) if (!isSameShape(weights.shape(name), [vocab, dModel])) return false;
  const step = Math.ceil(comparedNumbers / dModel);
  for (let start = 0; start < vocab; start += step) {
    const rows = Int32Array.from({ length: Math.min(step, vocab - start) }, (_, i) => start + i);
    const theirs = weights.readRows(b, rows);
    if (weights.readRows(a, rows).some((value, i) => value !== theirs[i])) return false;
  }
  return true;
}
