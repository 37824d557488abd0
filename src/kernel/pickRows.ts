import { ShapeError } from "../errors";
import { gridFor } from "../gpu/dispatch";
import { defineKernel, encode } from "../gpu/kernel";
import type { GpuTensor } from "../gpu/tensor";
import wgsl from "./pickRows.wgsl?raw";

const kernel = defineKernel({
  label: "pickRows",
  wgsl,
  bindings: {
    shape: "uniform",
    wanted: "read-only-storage",
    states: "read-only-storage",
    picked: "storage",
  },
});

/**
 * Copies some rows of a matrix next to each other.
 *
 * @param wanted `[count]`, int32, each below the number of rows
 * @param states `[rows, columns]`
 * @param picked `[count, columns]`
 * @throws ShapeError if they do not fit each other
 */
export function pickRows(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  wanted: GpuTensor,
  states: GpuTensor,
  picked: GpuTensor,
): void {
  const [count] = wanted.shape;
  const [, columns] = states.shape;
  if (picked.shape.join() !== `${count},${columns}`)
    throw new ShapeError("pickRows: picked", picked.shape, `[${count}, ${columns}]`);
  encode(
    device,
    encoder,
    kernel,
    { shape: { u32: [count, columns] }, wanted, states, picked },
    gridFor(count, device.limits),
  );
}
