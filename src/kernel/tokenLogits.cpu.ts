import type { Unembed } from "../lens/unembed";

/**
 * Logits of some tokens per row, by their ids. The reference for `tokenLogits.wgsl`.
 *
 * @param normed `[rows, dModel]`
 * @param ids `[rows, listed]`
 * @returns `[rows, listed]`, −∞ where the id is no token's
 */
export function tokenLogitsCpu(
  { vocab, dModel, unembedding, bias }: Unembed,
  normed: Float32Array | Float64Array,
  ids: Int32Array,
): Float64Array<ArrayBuffer> {
  const listed = ids.length / (normed.length / dModel);
  return Float64Array.from(ids, (id, i) => {
    if (id < 0 || id >= vocab) return -Infinity;
    const row = Math.floor(i / listed);
    let logit = bias?.[id] ?? 0;
    for (let j = 0; j < dModel; ++j)
      logit += normed[row * dModel + j] * unembedding[id * dModel + j];
    return logit;
  });
}
