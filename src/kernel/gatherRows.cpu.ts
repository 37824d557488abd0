import type { Unembed } from "../lens/unembed";

/**
 * Rows of `W_U` and their biases for a list of tokens. The reference for `gatherRows.wgsl`.
 *
 * @param ids `[tokens]`, −1 where there is none
 * @param added `[tokens]`
 * @returns `rows` `[tokens, dModel]` and `biases` `[tokens]`, zeros where there is no token
 */
export function gatherRowsCpu(
  { dModel, unembedding, bias }: Unembed,
  ids: Int32Array,
  added: Float32Array,
) {
  const rows = new Float32Array(ids.length * dModel);
  const biases = new Float32Array(ids.length);
  for (const [i, id] of ids.entries()) {
    if (id < 0) continue;
    rows.set(unembedding.subarray(id * dModel, (id + 1) * dModel), i * dModel);
    biases[i] = (bias?.[id] ?? 0) + added[i];
  }
  return { rows, biases };
}
