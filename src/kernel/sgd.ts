import { gridFor } from "../gpu/dispatch";
import { defineKernel, encode } from "../gpu/kernel";
import type { StepOptions } from "../lens/optimizer";
import { momentum } from "../lens/sgd";
import wgsl from "./sgd.wgsl?raw";
import { type Stepped, stepSizes } from "./stepped";

const kernel = defineKernel({
  label: "sgd",
  wgsl,
  bindings: {
    shape: "uniform",
    scales: "read-only-storage",
    gradient: "read-only-storage",
    parameters: "storage",
    velocity: "storage",
  },
});

/**
 * One step of SGD with Nesterov's momentum and coupled decay, in place. The definition is
 * `sgd.cpu.ts`.
 *
 * @throws ShapeError if they do not fit each other
 */
export function sgd(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  { parameters, gradient, states: [velocity], scales }: Stepped,
  { rate, decay, scale }: Omit<StepOptions, "step">,
): void {
  const sizes = stepSizes(kernel.label, parameters, [gradient, velocity], scales);
  encode(
    device,
    encoder,
    kernel,
    { shape: { u32: sizes, f32: [scale, rate, decay] }, scales, gradient, parameters, velocity },
    gridFor(Math.ceil(sizes[0] / 256), device.limits),
    { momentum },
  );
}
