import { createTensor, type GpuTensor, sizeBytes } from "./tensor";

/** Tensors that a loop uses again and again; what is in them is not kept. */
export type Scratch = {
  /**
   * The tensor of this name in this shape, on the buffer that it had if that is large enough. Where it is
   * not, no recorded work that is still to be submitted may use it.
   *
   * @throws DeviceLimitError if it is larger than one binding
   */
  take(name: string, shape: readonly number[]): GpuTensor;
  dispose(): void;
};

export function createScratch(device: GPUDevice): Scratch {
  const buffers = new Map<string, GPUBuffer>();
  return {
    take(name, shape) {
      const before = buffers.get(name);
      if (before && before.size >= sizeBytes({ shape })) return { buffer: before, shape };
      const { buffer } = createTensor(device, shape, name);
      before?.destroy();
      buffers.set(name, buffer);
      return { buffer, shape };
    },
    dispose() {
      for (const buffer of buffers.values()) buffer.destroy();
      buffers.clear();
    },
  };
}
