import { ShapeError } from "../errors";
import { gridFor } from "../gpu/dispatch";
import { defineKernel, encode } from "../gpu/kernel";
import { createTensor, type GpuTensor, sizeOf } from "../gpu/tensor";
import wgsl from "./topK.wgsl?raw";

const kernel = defineKernel({
  label: "topK",
  wgsl,
  bindings: {
    shape: "uniform",
    values: "read-only-storage",
    runs: "read-only-storage",
    ids: "storage",
    best: "storage",
  },
});

/** `ids` and `best`, `[…, k]`: largest first; equal: the lower id first. */
export type TopK = { readonly ids: GpuTensor; readonly best: GpuTensor };

/**
 * The k largest values of each row and their ids.
 *
 * @param values `[…, columns]`
 * @param runs which ids the columns have: run `r` is the ids `r * run` to `(r + 1) * run`. `[1]` for
 *   all rows alike, or `[…, columns / run]`
 * @returns both are the caller's
 * @throws ShapeError if they do not fit each other, or k is more than there are columns
 */
export function topK(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  values: GpuTensor,
  { runs, run }: { readonly runs: GpuTensor; readonly run: number },
  k: number,
): TopK {
  const columns = values.shape[values.shape.length - 1];
  const outer = values.shape.slice(0, -1);
  const rows = sizeOf(outer);
  const runsPerRow = columns / run;
  const alike = sizeOf(runs.shape) === 1;
  if (k > columns) throw new ShapeError("topK: values", values.shape, `[…, ≥ ${k}]`);
  if (!alike && sizeOf(runs.shape) !== rows * runsPerRow)
    throw new ShapeError("topK: runs", runs.shape, `[${rows}, ${runsPerRow}] or [1]`);
  const ids = createTensor(device, [...outer, k], "top ids");
  const best = createTensor(device, [...outer, k], "top values");
  encode(
    device,
    encoder,
    kernel,
    { shape: { u32: [rows, columns, run, alike ? 0 : runsPerRow, k] }, values, runs, ids, best },
    gridFor(rows, device.limits),
  );
  return { ids, best };
}
