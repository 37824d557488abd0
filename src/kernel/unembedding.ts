import { DeviceLimitError, ShapeError } from "../errors";
import { type GpuTensor, upload, uploadPadded } from "../gpu/tensor";
import type { Unembed } from "../lens/unembed";

/** The tokens that one workgroup of the sweep takes. A range of `W_U` holds whole tiles. */
export const tileTokens = 128;

/** The tokens whose largest logit the sweep keeps; see `topK.ts`. */
export const stripTokens = 16;

/** Rows of `W_U` are this many inputs or a multiple, zeros at the end: the sweep's step. */
const widthStep = 16;

/** Some consecutive rows of `W_U`, in a buffer of their own. */
type UnembeddingRange = {
  readonly first: number;
  readonly count: number;
  /** `[count, width]`. */
  readonly weight: GpuTensor;
};

/** `W_U` and `b_U` on the GPU. GPT-2's `W_U` is larger than the 128 MiB that a binding may have. */
export type GpuUnembedding = {
  readonly vocab: number;
  /** dModel rounded up, so that no kernel has a remainder to deal with. */
  readonly width: number;
  readonly ranges: readonly UnembeddingRange[];
  /** `b_U`, `[vocab]`, zeros where the model has none. */
  readonly bias: GpuTensor;
};

/**
 * Uploads `W_U` in as few ranges as the device's limits allow; the caller owns the buffers.
 *
 * @param rangeBytes the largest range
 * @throws DeviceLimitError if not even one tile of rows fits
 */
export function uploadUnembedding(
  device: GPUDevice,
  { vocab, dModel, unembedding, bias }: Unembed,
  rangeBytes = Math.min(device.limits.maxStorageBufferBindingSize, device.limits.maxBufferSize),
): GpuUnembedding {
  if (unembedding.length !== vocab * dModel)
    throw new ShapeError("unembedding", [unembedding.length], `[${vocab} × ${dModel}]`);
  const width = widthStep * Math.ceil(dModel / widthStep);
  const tileBytes = 4 * tileTokens * width;
  const rangeTokens = tileTokens * Math.floor(rangeBytes / tileBytes);
  if (rangeTokens === 0)
    throw new DeviceLimitError("maxStorageBufferBindingSize", tileBytes, rangeBytes);
  const ranges = Array.from({ length: Math.ceil(vocab / rangeTokens) }, (_, i) => {
    const first = i * rangeTokens;
    const count = Math.min(rangeTokens, vocab - first);
    const shape = [count, dModel, width] as const;
    return {
      first,
      count,
      weight: uploadPadded(device, shape, unembedding, first, "unembedding"),
    };
  });
  return {
    vocab,
    width,
    ranges,
    bias: upload(device, [vocab], bias ?? new Float32Array(vocab), "unembedding bias"),
  };
}
