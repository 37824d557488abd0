import { ShapeError } from "../errors";
import { defineKernel, encode } from "../gpu/kernel";
import type { GpuTensor } from "../gpu/tensor";
import wgsl from "./columnSum.wgsl?raw";

const kernel = defineKernel({
  label: "columnSum",
  wgsl,
  bindings: { shape: "uniform", values: "read-only-storage", sums: "storage" },
});

/**
 * Adds the sum over rows of each matrix to what is there.
 *
 * @param values `[batch, rows, columns]`
 * @param sums `[batch, columns]`
 * @throws ShapeError if they do not fit each other
 */
export function columnSum(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  values: GpuTensor,
  sums: GpuTensor,
): void {
  const [batch, rows, columns] = values.shape;
  if (sums.shape.join() !== `${batch},${columns}`)
    throw new ShapeError("columnSum: sums", sums.shape, `[${batch}, ${columns}]`);
  encode(device, encoder, kernel, { shape: { u32: [rows, columns] }, values, sums }, [
    Math.ceil(columns / 64),
    batch,
    1,
  ]);
}
