import { ShapeError } from "../errors";
import { gridFor } from "../gpu/dispatch";
import { defineKernel, encode } from "../gpu/kernel";
import { createTensor, type GpuTensor, sizeOf } from "../gpu/tensor";
import wgsl from "./tokenLogits.wgsl?raw";
import type { GpuUnembedding } from "./unembedding";

const kernel = defineKernel({
  label: "tokenLogits",
  wgsl,
  bindings: {
    shape: "uniform",
    hidden: "read-only-storage",
    weight: "read-only-storage",
    bias: "read-only-storage",
    runs: "read-only-storage",
    logits: "storage",
  },
});

const logitsPerWorkgroup = 16;

/**
 * Logits of some tokens per row, by their ids.
 *
 * @param hidden normed, `[positions, members, width]`: position by position, all members of each
 * @param ids `[positions, listed]`, the same for all members, or `[positions, members, listed]`;
 *   an id that is no token's, such as −1, gives the lowest float
 * @param run each id names this many consecutive tokens, from `id * run` on
 * @param hiddenOf whose hidden state is read: the member's own, or the first member's
 * @returns `[positions, members, listed * run]`; the caller owns it
 * @throws ShapeError if they do not fit each other
 */
export function tokenLogits(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  { vocab, width, ranges, bias }: GpuUnembedding,
  hidden: GpuTensor,
  ids: GpuTensor,
  {
    run = 1,
    hiddenOf = "each",
  }: { readonly run?: number; readonly hiddenOf?: "each" | "first" } = {},
): GpuTensor {
  const [positions, members] = hidden.shape;
  const listed = ids.shape[ids.shape.length - 1];
  const every = ids.shape.length === 2 ? members : 1;
  if (hidden.shape.length !== 3 || hidden.shape[2] !== width)
    throw new ShapeError("tokenLogits: hidden", hidden.shape, `[positions, members, ${width}]`);
  if (sizeOf(ids.shape) * every !== positions * members * listed)
    throw new ShapeError("tokenLogits: ids", ids.shape, `[${positions}, (${members},) listed]`);
  const rows = positions * members;
  const logits = createTensor(device, [positions, members, listed * run], "token logits");
  const share = hiddenOf === "first" ? members : 1;
  for (const { first, count, weight } of ranges)
    encode(
      device,
      encoder,
      kernel,
      {
        shape: { u32: [rows, listed, run, every, share, width / 4, vocab, first, count] },
        hidden,
        weight,
        bias,
        runs: ids,
        logits,
      },
      gridFor(Math.ceil((rows * listed * run) / logitsPerWorkgroup), device.limits),
    );
  return logits;
}
