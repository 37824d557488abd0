import { selectAscending } from "../math/select";
import type { TokenSubset } from "./trainingBackend";
import type { SubsetSize } from "./trainingSettings";

/**
 * The tokens that stand for the vocabulary in the gradient of one batch: the likeliest, which stand
 * for themselves, and others that are drawn without replacement, each of which stands for
 * `(vocab − likeliest) / others`. Some milliseconds for 49,152.
 *
 * @param finalProbs mean final probability of each token over the batch, `[vocab]`
 * @param targets tokens that are among the likeliest in any case, in the place of the least likely of
 *   them; −1 is none. The cross entropy needs them, KL does not.
 * @param uniform numbers in [0, 1)
 * @returns `likeliest + others` tokens (more where the targets are more than the likeliest), or null
 *   where the vocabulary is not larger
 */
export function chooseTokens(
  finalProbs: Float32Array,
  { likeliest, others }: SubsetSize,
  targets: Int32Array,
  uniform: () => number,
): TokenSubset | null {
  const vocab = finalProbs.length;
  const probs = finalProbs.slice();
  let nTargets = 0;
  for (const target of targets) {
    if (target < 0 || probs[target] === Number.POSITIVE_INFINITY) continue;
    probs[target] = Number.POSITIVE_INFINITY;
    ++nTargets;
  }
  const certain = Math.max(likeliest, nTargets);
  if (certain + others >= vocab) return null;

  // The least of those that are certain, and how many of its equals are: the lower ids.
  const least = certain && selectAscending(probs.slice(), vocab - certain);
  let equals = certain;
  for (let id = 0; id < vocab; ++id) if (probs[id] > least) --equals;

  const ids = new Int32Array(certain + others);
  const logWeights = new Float32Array(certain + others);
  const logWeight = Math.log((vocab - certain) / others);
  let count = 0;
  let left = vocab - certain;
  let wanted = others;
  for (let id = 0; id < vocab; ++id) {
    const isCertain = certain > 0 && (probs[id] > least || (probs[id] === least && equals-- > 0));
    if (!isCertain) {
      // Knuth's algorithm S: each is drawn with the chance that makes all sets as likely.
      if (uniform() * left-- >= wanted) continue;
      --wanted;
      logWeights[count] = logWeight;
    }
    ids[count++] = id;
  }
  return { ids, logWeights };
}
