import { ShapeError } from "../errors";
import { gridFor } from "../gpu/dispatch";
import { defineKernel, encode } from "../gpu/kernel";
import { type GpuTensor, sizeOf } from "../gpu/tensor";
import wgsl from "./moveToward.wgsl?raw";

const kernel = defineKernel({
  label: "moveToward",
  wgsl,
  bindings: { shape: "uniform", values: "read-only-storage", averages: "storage" },
});

/**
 * `averages = averages + share · (values − averages)`, in place.
 *
 * @throws ShapeError if they are of two sizes
 */
export function moveToward(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  averages: GpuTensor,
  values: GpuTensor,
  share: number,
): void {
  const size = sizeOf(averages.shape);
  if (sizeOf(values.shape) !== size)
    throw new ShapeError("moveToward: values", values.shape, `[${size}]`);
  encode(
    device,
    encoder,
    kernel,
    { shape: { u32: [size], f32: [share] }, values, averages },
    gridFor(Math.ceil(size / 256), device.limits),
  );
}
