import { ShapeError } from "../errors";
import { defineKernel, encode } from "../gpu/kernel";
import type { GpuTensor } from "../gpu/tensor";
import { squareParts } from "./sumSquares";
import wgsl from "./unitNorm.wgsl?raw";

const kernel = defineKernel({
  label: "unitNorm",
  wgsl,
  bindings: { shape: "uniform", parts: "read-only-storage", values: "storage" },
});

/**
 * Divides each member of a batch by its norm, or by `least` where the norm is less.
 *
 * @param values `[batch, size]`
 * @param parts `[batch, 64]`, from `sumSquares`
 * @throws ShapeError if they do not fit each other
 */
export function unitNorm(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  values: GpuTensor,
  parts: GpuTensor,
  least: number,
): void {
  const [batch, size] = values.shape;
  if (parts.shape.join() !== `${batch},${squareParts}`)
    throw new ShapeError("unitNorm: parts", parts.shape, `[${batch}, ${squareParts}]`);
  encode(
    device,
    encoder,
    kernel,
    { shape: { u32: [size, squareParts], f32: [least] }, parts, values },
    [Math.ceil(size / 1024), batch, 1],
  );
}
