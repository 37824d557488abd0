import { submit } from "../gpu/kernel";
import type { Pace } from "../gpu/pace";
import { createRecording } from "../gpu/recording";
import { createScratch } from "../gpu/scratch";
import { createTensor, type GpuTensor, recordReadback, reshaped } from "../gpu/tensor";
import { columnSum } from "../kernel/columnSum";
import { matmul } from "../kernel/matmul";
import { createMomentAccumulator } from "../lens/moments";
import type { MomentSums } from "../lens/trainingBackend";
import { layerGroups } from "./layerGroups";

/** Positions that are added up in float32 on the GPU before they come back. */
const maxPending = 1024;

/**
 * Moments whose products are the GPU's, in float32, for about a thousand positions at a time; those are
 * added up in float64 here.
 *
 * @param layers those that are trained
 * @param groupBytes see `layerGroups`
 */
export function openGpuMoments(
  device: GPUDevice,
  pace: Pace,
  dModel: number,
  layers: readonly number[],
  groupBytes: number,
): MomentSums<GpuTensor> {
  const total = createMomentAccumulator(layers, dModel);
  const scratch = createScratch(device);
  const groups = layerGroups(layers.length, dModel, groupBytes).map(({ first, count }) => ({
    first,
    count,
    squares: createTensor(device, [count, dModel, dModel], "squares"),
    products: createTensor(device, [count, dModel, dModel], "products"),
  }));
  /** Of each hidden state, `[1, dModel]`. */
  const sums: GpuTensor[] = [];
  let pending = 0;

  /** Brings tensors back and leaves zeros. */
  async function take(tensors: readonly GpuTensor[]): Promise<Float32Array[]> {
    const encoder = device.createCommandEncoder({ label: "moments" });
    const readback = recordReadback(device, encoder, tensors);
    for (const { buffer } of tensors) encoder.clearBuffer(buffer);
    try {
      submit(device, encoder);
      return (await readback.read()).map((bytes) => new Float32Array(bytes));
    } finally {
      readback.destroy();
    }
  }

  async function flush(): Promise<void> {
    if (pending === 0) return;
    for (const [layer, sum] of (await take(sums)).entries()) total.addSums(layer, sum);
    for (const { first, count, squares, products } of groups) {
      const [square, product] = await take([squares, products]);
      for (let i = 0; i < count; ++i) {
        const [from, to] = [i * dModel ** 2, (i + 1) * dModel ** 2];
        total.addProducts(first + i, square.subarray(from, to), product.subarray(from, to));
      }
    }
    total.addCount(pending);
    pending = 0;
  }

  return {
    async add({ hidden, positions }) {
      if (pending + positions > maxPending) await flush();
      const largest = Math.max(...groups.map(({ count }) => count));
      const room = scratch.take("states", [largest, positions, dModel]);
      while (sums.length < hidden.length) sums.push(createTensor(device, [1, dModel], "sums"));
      const recording = createRecording(device, pace, "moments");
      const statesOf = (layer: number) => reshaped(hidden[layer], [1, positions, dModel]);
      const encoder = await recording.next(0);
      for (const [layer, sum] of sums.entries()) columnSum(device, encoder, statesOf(layer), sum);
      for (const { first, count, squares, products } of groups) {
        const states = reshaped(room, [count, positions, dModel]);
        const encoder = await recording.next(4 * count * positions * dModel ** 2);
        const bytes = 4 * positions * dModel;
        for (let i = 0; i < count; ++i) {
          const { buffer } = hidden[layers[first + i]];
          encoder.copyBufferToBuffer(buffer, 0, states.buffer, i * bytes, bytes);
        }
        const added = { transposeA: true, keep: 1 };
        matmul(device, encoder, states, states, squares, added);
        matmul(device, encoder, states, statesOf(hidden.length - 1), products, added);
      }
      await recording.submit();
      pending += positions;
    },
    async read() {
      await flush();
      return total.read();
    },
    load(moments) {
      total.load(moments);
      const encoder = device.createCommandEncoder({ label: "moments" });
      for (const { buffer } of tensors()) encoder.clearBuffer(buffer);
      device.queue.submit([encoder.finish()]);
      pending = 0;
    },
    dispose() {
      for (const { buffer } of tensors()) buffer.destroy();
      scratch.dispose();
    },
  };

  function tensors() {
    return [...sums, ...groups.flatMap(({ squares, products }) => [squares, products])];
  }
}
