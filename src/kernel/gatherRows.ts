import { ShapeError } from "../errors";
import { gridFor } from "../gpu/dispatch";
import { defineKernel, encode } from "../gpu/kernel";
import type { GpuTensor } from "../gpu/tensor";
import wgsl from "./gatherRows.wgsl?raw";
import type { GpuUnembedding } from "./unembedding";

const kernel = defineKernel({
  label: "gatherRows",
  wgsl,
  bindings: {
    shape: "uniform",
    ids: "read-only-storage",
    added: "read-only-storage",
    weight: "read-only-storage",
    bias: "read-only-storage",
    rows: "storage",
    biases: "storage",
  },
});

/** Tokens by their ids, −1 where there is none, and what is added to their biases, `[tokens]` each. */
type GpuTokens = { readonly ids: GpuTensor; readonly added: GpuTensor };

/**
 * Copies the rows of `W_U` of some tokens next to each other, with `b_U` and what is added to it. Where
 * there is no token all are zero.
 *
 * @param rows `[1, count, width]`
 * @param biases `[1, count]`
 * @param from the token of the list to begin with
 * @throws ShapeError if they do not fit each other
 */
export function gatherRows(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  { width, ranges, bias }: GpuUnembedding,
  { ids, added }: GpuTokens,
  { rows, biases }: { readonly rows: GpuTensor; readonly biases: GpuTensor },
  from = 0,
): void {
  const [, count] = rows.shape;
  if (rows.shape.join() !== `1,${count},${width}` || biases.shape.join() !== `1,${count}`)
    throw new ShapeError("gatherRows: rows", rows.shape, `[1, ${biases.shape[1]}, ${width}]`);
  if (ids.shape[0] < from + count || added.shape[0] < from + count)
    throw new ShapeError("gatherRows: ids", ids.shape, `[≥ ${from + count}]`);
  for (const { first, count: held, weight } of ranges)
    encode(
      device,
      encoder,
      kernel,
      {
        shape: { u32: [from, count, width / 4, first, held] },
        ids,
        added,
        weight,
        bias,
        rows,
        biases,
      },
      gridFor(count, device.limits),
    );
}
