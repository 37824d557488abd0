import { submit } from "../gpu/kernel";
import { createScratch } from "../gpu/scratch";
import { createTensor, type GpuTensor, upload } from "../gpu/tensor";
import { pickRows } from "../kernel/pickRows";
import type { HiddenPool } from "../lens/trainingBackend";

/**
 * A pool whose states stay on the GPU, in a tensor a layer.
 *
 * @param rows of all sequences together
 * @throws DeviceLimitError, at the first `put`, if a layer's rows are larger than this device binds
 */
export function openGpuPool(
  device: GPUDevice,
  rows: number,
  dModel: number,
): HiddenPool<GpuTensor> {
  const states: GpuTensor[] = [];
  const targets = new Int32Array(rows);
  const scratch = createScratch(device);
  return {
    put(start, { hidden, positions, targets: ofSequence }) {
      while (states.length < hidden.length)
        states.push(createTensor(device, [rows, dModel], "pool"));
      const encoder = device.createCommandEncoder({ label: "put into pool" });
      const [to, bytes] = [4 * start * dModel, 4 * positions * dModel];
      for (const [layer, { buffer }] of hidden.entries())
        encoder.copyBufferToBuffer(buffer, 0, states[layer].buffer, to, bytes);
      submit(device, encoder);
      targets.set(ofSequence.subarray(0, positions), start);
    },
    take(wanted) {
      const list = upload(device, [wanted.length], wanted, "wanted rows");
      const encoder = device.createCommandEncoder({ label: "take from pool" });
      const hidden = states.map((state, layer) => {
        const picked = scratch.take(`${layer}`, [wanted.length, dModel]);
        pickRows(device, encoder, list, state, picked);
        return picked;
      });
      submit(device, encoder);
      list.buffer.destroy();
      return {
        hidden,
        positions: wanted.length,
        targets: Int32Array.from(wanted, (row) => targets[row]),
      };
    },
    dispose() {
      for (const { buffer } of states) buffer.destroy();
      scratch.dispose();
    },
  };
}
