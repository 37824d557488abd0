import { ShapeError } from "../errors";
import { defineKernel, encode } from "../gpu/kernel";
import type { GpuTensor } from "../gpu/tensor";
import wgsl from "./sumSquares.wgsl?raw";

const kernel = defineKernel({
  label: "sumSquares",
  wgsl,
  bindings: { shape: "uniform", values: "read-only-storage", parts: "storage" },
});

/** In how many parts a sum comes, each of them a workgroup's. */
export const squareParts = 64;

/**
 * The sum of squares of each member of a batch, in 64 parts that are still to be added up.
 *
 * @param values `[batch, size]`
 * @param parts `[batch, 64]`
 * @throws ShapeError if they do not fit each other
 */
export function sumSquares(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  values: GpuTensor,
  parts: GpuTensor,
): void {
  const [batch, size] = values.shape;
  if (values.shape.length !== 2) throw new ShapeError("sumSquares: values", values.shape, "[n, m]");
  if (parts.shape.join() !== `${batch},${squareParts}`)
    throw new ShapeError("sumSquares: parts", parts.shape, `[${batch}, ${squareParts}]`);
  encode(device, encoder, kernel, { shape: { u32: [size] }, values, parts }, [
    squareParts,
    batch,
    1,
  ]);
}
