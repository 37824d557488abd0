import type { OpenedDevice } from "../gpu/device";
import { createTensor, type GpuTensor, write } from "../gpu/tensor";
import { createForward } from "../model/forward";
import { type Model, readUnembed } from "../model/model";
import { openRuntime } from "../model/runtime";
import { createGpuLens } from "./lensGpu";
import type { Reader } from "./reader";

/** The model on onnxruntime-web's WebGPU provider and the lens in our kernels, on one device. */
export async function createGpuReader(
  model: Model,
  { device, adapter }: OpenedDevice,
  signal?: AbortSignal,
): Promise<Reader> {
  const { config, weights } = model;
  const { dModel, nLayers } = config;
  const runtime = await openRuntime(device);
  const forward = await createForward(runtime, config, weights, signal);
  const lens = createGpuLens(device, readUnembed(model));

  return {
    backend: "webgpu",
    adapter,
    threads: runtime.threads,
    runtimeVersion: runtime.version,
    async open(ids, signal) {
      const positions = ids.length;
      const hidden: GpuTensor[] = Array.from({ length: nLayers + 1 }, (_, layer) =>
        createTensor(device, [positions, dModel], `hidden.${layer}`),
      );
      const dispose = () => {
        for (const { buffer } of hidden) buffer.destroy();
      };
      try {
        for await (const chunk of forward.run(ids, signal)) {
          write(device, hidden[0], chunk.embeddings, chunk.start * dModel);
          const encoder = device.createCommandEncoder({ label: "keep hidden states" });
          for (const [i, state] of chunk.hidden.entries()) {
            encoder.copyBufferToBuffer(
              state.gpuBuffer as GPUBuffer,
              0,
              hidden[i + 1].buffer,
              chunk.start * dModel * 4,
              chunk.positions * dModel * 4,
            );
          }
          device.queue.submit([encoder.finish()]);
        }
      } catch (error) {
        dispose();
        throw error;
      }
      return {
        read: (request, stop) => lens.read({ ...request, hidden, positions }, stop),
        dispose,
      };
    },
    dispose() {
      lens.dispose();
      void forward.dispose();
      device.destroy();
    },
  };
}
