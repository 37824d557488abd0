import { sha256 } from "../math/sha256";
import type { LensConfig } from "./lensConfig";
import { numpyText } from "./numpyText";

/**
 * The hash of a model's unembedding that a tuned lens's config names: sha256, in lower-case hex, of the
 * matrix as numpy prints it with one digit (AlignmentResearch/tuned-lens `tuned_lens/utils.py`,
 * `tensor_hash`). Of a matrix with more than 1,000 numbers that is 36 of them, so it tells
 * checkpoints apart by chance, and is no identity.
 *
 * @param unembedding `[vocab, dModel]`, row-major
 */
export function unembedHash(
  unembedding: Float32Array,
  vocab: number,
  dModel: number,
): Promise<string> {
  return sha256(new TextEncoder().encode(numpyText(unembedding, vocab, dModel)));
}

/**
 * What to say of a lens whose config names another hash than the model's; null where they are the same, or it names none.
 *
 * @param hash the model's, of `unembedHash`
 */
export function unembedWarning(config: LensConfig, hash: string): string | null {
  const { unembedHash: expected } = config;
  if (expected === null || expected.toLowerCase() === hash) return null;
  return `The lens was made with another unembedding (${expected.toLowerCase().slice(0, 8)}, this model's is ${hash.slice(0, 8)}): it may be for another checkpoint of the model. The two are hashes of 36 numbers at the corners, which differ for quantised weights too.`;
}
