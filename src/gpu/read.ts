import { submit } from "./kernel";
import { type GpuTensor, recordReadback } from "./tensor";

/**
 * The numbers of some tensors, copied, once all that was submitted before is done.
 *
 * @throws DeviceLostError
 */
export async function readTensors(
  device: GPUDevice,
  tensors: readonly GpuTensor[],
): Promise<Float32Array[]> {
  const encoder = device.createCommandEncoder({ label: "read" });
  const readback = recordReadback(device, encoder, tensors);
  try {
    submit(device, encoder);
    return (await readback.read()).map((bytes) => new Float32Array(bytes));
  } finally {
    readback.destroy();
  }
}
