import { ShapeError } from "../errors";
import { gridFor } from "../gpu/dispatch";
import { defineKernel, encode } from "../gpu/kernel";
import type { GpuTensor } from "../gpu/tensor";
import type { GpuNorm } from "./norm";
import wgsl from "./normBackward.wgsl?raw";

const kernel = defineKernel({
  label: "normBackward",
  wgsl,
  bindings: {
    shape: "uniform",
    gradient: "read-only-storage",
    weight: "read-only-storage",
    states: "storage",
  },
});

/**
 * Turns states before the final norm into the gradient with respect to them. The definition is
 * `normBackward.cpu.ts`.
 *
 * @param gradient with respect to the normed states, `[rows, ≥ dModel]`
 * @param states `[rows, dModel]`
 * @throws ShapeError if they do not fit each other
 */
export function normBackward(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  { kind, eps, weight }: GpuNorm,
  gradient: GpuTensor,
  states: GpuTensor,
): void {
  const [rows, dModel] = states.shape;
  const [, width] = gradient.shape;
  if (dModel !== weight.shape[0])
    throw new ShapeError("normBackward: states", states.shape, `[rows, ${weight.shape[0]}]`);
  if (gradient.shape[0] !== rows || width < dModel)
    throw new ShapeError("normBackward: gradient", gradient.shape, `[${rows}, ≥ ${dModel}]`);
  encode(
    device,
    encoder,
    kernel,
    { shape: { u32: [rows, dModel, width], f32: [eps] }, gradient, weight, states },
    gridFor(rows, device.limits),
    { centred: Number(kind === "layer") },
  );
}
