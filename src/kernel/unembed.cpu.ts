import type { Unembed } from "../lens/unembed";

/**
 * `W_U · h + b_U` of each row: all logits at once, which only a reference can afford.
 *
 * @param normed `[rows, dModel]`
 * @returns `[rows, vocab]`
 */
export function logitsCpu(
  { vocab, dModel, unembedding, bias }: Unembed,
  normed: Float32Array | Float64Array,
): Float64Array<ArrayBuffer> {
  const rows = normed.length / dModel;
  const logits = new Float64Array(rows * vocab);
  for (let row = 0; row < rows; ++row)
    for (let v = 0; v < vocab; ++v) {
      let logit = bias?.[v] ?? 0;
      for (let i = 0; i < dModel; ++i)
        logit += normed[row * dModel + i] * unembedding[v * dModel + i];
      logits[row * vocab + v] = logit;
    }
  return logits;
}

/**
 * What is to be known of the logits, tile by tile. The reference for `unembed.wgsl`.
 *
 * @param normed `[positions, members, dModel]`; member 0 is the output row
 * @param targets `[positions]`
 * @returns `stripMaxima` `[rows, strips]`, −∞ past the vocabulary, and `tileSums` `[rows, tiles, 4]`
 */
export function unembedCpu(
  unembed: Unembed,
  normed: Float32Array | Float64Array,
  members: number,
  targets: Int32Array,
  { tileTokens, stripTokens }: { readonly tileTokens: number; readonly stripTokens: number },
) {
  const { vocab } = unembed;
  const logits = logitsCpu(unembed, normed);
  const rows = logits.length / vocab;
  const tiles = Math.ceil(vocab / tileTokens);
  const strips = tiles * (tileTokens / stripTokens);
  const stripMaxima = new Float64Array(rows * strips).fill(-Infinity);
  const tileSums = new Float64Array(rows * tiles * 4);
  for (let row = 0; row < rows; ++row) {
    const z = logits.subarray(row * vocab, (row + 1) * vocab);
    const output = row - (row % members);
    const p = logits.subarray(output * vocab, (output + 1) * vocab);
    const targetId = targets[Math.floor(row / members)];
    for (let v = 0; v < vocab; ++v) {
      const strip = row * strips + Math.floor(v / stripTokens);
      stripMaxima[strip] = Math.max(stripMaxima[strip], z[v]);
    }
    for (let tile = 0; tile < tiles; ++tile) {
      const [start, end] = [tile * tileTokens, Math.min((tile + 1) * tileTokens, vocab)];
      const m = z.subarray(start, end).reduce((a, b) => Math.max(a, b));
      const mp = p.subarray(start, end).reduce((a, b) => Math.max(a, b));
      const sums = tileSums.subarray(4 * (row * tiles + tile), 4 * (row * tiles + tile + 1));
      for (let v = start; v < end; ++v) {
        sums[0] += Math.exp(z[v] - m);
        sums[1] += Math.exp(z[v] - m) * (z[v] - m);
        sums[2] += Math.exp(p[v] - mp) * (p[v] - mp - (z[v] - m));
        if (v !== targetId && z[v] > z[targetId]) ++sums[3];
      }
    }
  }
  return { stripMaxima, tileSums };
}
