import { gridFor } from "../gpu/dispatch";
import { defineKernel, encode } from "../gpu/kernel";
import type { GpuTensor } from "../gpu/tensor";
import wgsl from "./descend.wgsl?raw";
import { type Stepped, stepSizes } from "./stepped";

const kernel = defineKernel({
  label: "descend",
  wgsl,
  bindings: {
    shape: "uniform",
    scales: "read-only-storage",
    direction: "read-only-storage",
    parameters: "storage",
  },
});

/**
 * `parameters = (1 − s · decay) · parameters − s · stepSize · direction`, in place, where `s` is the
 * layer's scale.
 *
 * @throws ShapeError if they do not fit each other
 */
export function descend(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  { parameters, scales }: Pick<Stepped, "parameters" | "scales">,
  direction: GpuTensor,
  { decay, stepSize }: { readonly decay: number; readonly stepSize: number },
): void {
  const sizes = stepSizes(kernel.label, parameters, [direction], scales);
  encode(
    device,
    encoder,
    kernel,
    { shape: { u32: sizes, f32: [decay, stepSize] }, scales, direction, parameters },
    gridFor(Math.ceil(sizes[0] / 256), device.limits),
  );
}
