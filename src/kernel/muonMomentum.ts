import { ShapeError } from "../errors";
import { gridFor } from "../gpu/dispatch";
import { defineKernel, encode } from "../gpu/kernel";
import { type GpuTensor, sizeOf } from "../gpu/tensor";
import { momentum } from "../lens/muon";
import wgsl from "./muonMomentum.wgsl?raw";

const kernel = defineKernel({
  label: "muonMomentum",
  wgsl,
  bindings: {
    shape: "uniform",
    gradient: "read-only-storage",
    averages: "storage",
    ahead: "storage",
  },
});

/**
 * Takes a gradient into its average, and fills in where Nesterov's look-ahead sees it going: what Muon
 * makes orthogonal. The tensors are of one size.
 *
 * @param scale of the gradient
 * @throws ShapeError if they do not fit each other
 */
export function muonMomentum(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  gradient: GpuTensor,
  averages: GpuTensor,
  ahead: GpuTensor,
  scale: number,
): void {
  const size = sizeOf(gradient.shape);
  for (const { shape } of [averages, ahead])
    if (sizeOf(shape) !== size)
      throw new ShapeError("muonMomentum: averages or ahead", shape, `[${size}]`);
  encode(
    device,
    encoder,
    kernel,
    { shape: { u32: [size], f32: [scale] }, gradient, averages, ahead },
    gridFor(Math.ceil(size / 256), device.limits),
    { momentum },
  );
}
