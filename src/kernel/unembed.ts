import { ShapeError } from "../errors";
import { defineKernel, encode } from "../gpu/kernel";
import { createTensor, type GpuTensor } from "../gpu/tensor";
import wgsl from "./unembed.wgsl?raw";
import { type GpuUnembedding, stripTokens, tileTokens } from "./unembedding";

const kernel = defineKernel({
  label: "unembed",
  wgsl,
  bindings: {
    shape: "uniform",
    hidden: "read-only-storage",
    weight: "read-only-storage",
    bias: "read-only-storage",
    targets: "read-only-storage",
    targetLogits: "read-only-storage",
    stripMaxima: "storage",
    tileSums: "storage",
  },
});

/** The most rows in a block, and the most positions where a block holds more than output rows. */
const maxRows = 64;
const maxPositions = 24;

/** How many positions of `members` rows share a block; a block's time does not depend on it. */
export const blockPositions = (members: number) =>
  members === 1 ? maxRows : Math.min(maxPositions, Math.floor(maxRows / members));

/** What is known of each row's logits, tile by tile: enough for `mergeTiles` and `topK`. */
export type TileStatistics = {
  /** `[positions, members, strips]`: the largest logit of 16 consecutive tokens. */
  readonly stripMaxima: GpuTensor;
  /** `[positions, members, tiles, 4]`: see `unembed.wgsl`. */
  readonly tileSums: GpuTensor;
};

/** Room for a sweep; the caller owns both buffers. */
export function createTileStatistics(
  device: GPUDevice,
  positions: number,
  members: number,
  vocab: number,
): TileStatistics {
  const tiles = Math.ceil(vocab / tileTokens);
  const strips = tiles * (tileTokens / stripTokens);
  return {
    stripMaxima: createTensor(device, [positions, members, strips], "strip maxima"),
    tileSums: createTensor(device, [positions, members, tiles, 4], "tile sums"),
  };
}

/**
 * Sweeps the tiles `from` to `to` of the vocabulary and fills in their statistics.
 *
 * @param hidden normed, `[positions, members, width]`; member 0 is the output row
 * @param targets `[positions]`, token ids, −1 where there is none
 * @param targetLogits `[positions, members, 1]`, from `tokenLogits`
 * @throws ShapeError if they do not fit each other, or there are more than 64 members
 */
export function unembed(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  { vocab, width, ranges, bias }: GpuUnembedding,
  hidden: GpuTensor,
  { targets, targetLogits }: { readonly targets: GpuTensor; readonly targetLogits: GpuTensor },
  { stripMaxima, tileSums }: TileStatistics,
  { from, to }: { readonly from: number; readonly to: number },
): void {
  const [positions, members, tiles] = tileSums.shape;
  if (hidden.shape.join() !== [positions, members, width].join() || members > maxRows)
    throw new ShapeError("unembed: hidden", hidden.shape, `[${positions}, ≤ 64, ${width}]`);
  const rows = positions * members;
  const blockRows = members * blockPositions(members);
  for (const { first, count, weight } of ranges) {
    const tile = Math.max(from, first / tileTokens);
    const end = Math.min(to, Math.ceil((first + count) / tileTokens));
    if (end <= tile) continue;
    encode(
      device,
      encoder,
      kernel,
      {
        shape: { u32: [rows, members, blockRows, width / 4, vocab, tiles, first, count, tile] },
        hidden,
        weight,
        bias,
        targets,
        targetLogits,
        stripMaxima,
        tileSums,
      },
      [Math.ceil(rows / blockRows), end - tile, 1],
    );
  }
}
