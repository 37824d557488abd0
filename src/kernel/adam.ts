import { gridFor } from "../gpu/dispatch";
import { defineKernel, encode } from "../gpu/kernel";
import { beta1, beta2, epsilon } from "../lens/adam";
import type { StepOptions } from "../lens/optimizer";
import wgsl from "./adam.wgsl?raw";
import { type Stepped, stepSizes } from "./stepped";

const kernel = defineKernel({
  label: "adam",
  wgsl,
  bindings: {
    shape: "uniform",
    scales: "read-only-storage",
    gradient: "read-only-storage",
    parameters: "storage",
    means: "storage",
    squares: "storage",
  },
});

/**
 * One step of Adam with decoupled decay, in place. The definition is `adam.cpu.ts`.
 *
 * @param stepped its states are means, and means of squares
 * @throws ShapeError if they do not fit each other
 */
export function adam(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  { parameters, gradient, states: [means, squares], scales }: Stepped,
  { rate, decay, step, scale }: StepOptions,
): void {
  const sizes = stepSizes(kernel.label, parameters, [gradient, means, squares], scales);
  const stepSize = rate / (1 - beta1 ** step);
  const squareScale = 1 / (1 - beta2 ** step);
  encode(
    device,
    encoder,
    kernel,
    {
      shape: { u32: sizes, f32: [scale, rate * decay, stepSize, squareScale] },
      scales,
      gradient,
      parameters,
      means,
      squares,
    },
    gridFor(Math.ceil(sizes[0] / 256), device.limits),
    { beta2, rest1: 1 - beta1, rest2: 1 - beta2, epsilon },
  );
}
