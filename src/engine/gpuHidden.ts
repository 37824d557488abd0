import { createTensor, type GpuTensor, write } from "../gpu/tensor";
import type { ModelConfig } from "../model/config";
import { capacityFor, type HiddenStates } from "./hiddenStates";

/** Hidden states in a buffer a layer, on the device where the model's blocks leave them. */
export function createGpuHidden(
  device: GPUDevice,
  { nLayers, dModel, contextLength }: ModelConfig,
): HiddenStates<GpuTensor> {
  const states: GpuTensor[] = [];
  let capacity = 0;
  const dispose = () => {
    for (const { buffer } of states.splice(0)) buffer.destroy();
  };
  return {
    states,
    reserve(positions) {
      const wanted = capacityFor(positions, capacity, contextLength);
      if (wanted === capacity) return;
      const larger = Array.from({ length: nLayers + 1 }, (_, layer) =>
        createTensor(device, [wanted, dModel], `hidden.${layer}`),
      );
      const encoder = device.createCommandEncoder({ label: "grow hidden states" });
      for (const [layer, { buffer }] of states.entries())
        encoder.copyBufferToBuffer(buffer, 0, larger[layer].buffer, 0, 4 * capacity * dModel);
      device.queue.submit([encoder.finish()]);
      dispose();
      states.push(...larger);
      capacity = wanted;
    },
    write({ start, positions, embeddings, hidden }) {
      write(device, states[0], embeddings, start * dModel);
      const encoder = device.createCommandEncoder({ label: "keep hidden states" });
      const bytes = 4 * positions * dModel;
      for (const [i, tensor] of hidden.entries()) {
        const { buffer } = states[i + 1];
        const from = tensor.gpuBuffer as GPUBuffer;
        encoder.copyBufferToBuffer(from, 0, buffer, 4 * start * dModel, bytes);
      }
      device.queue.submit([encoder.finish()]);
    },
    dispose,
  };
}
