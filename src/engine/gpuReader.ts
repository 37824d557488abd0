import type { OpenedDevice } from "../gpu/device";
import { createForward } from "../model/forward";
import { type Model, readUnembed } from "../model/model";
import { openRuntime } from "../model/runtime";
import { createGpuHidden } from "./gpuHidden";
import { createGpuLens } from "./lensGpu";
import { openPrompt } from "./openPrompt";
import type { Reader } from "./reader";

/** The model on onnxruntime-web's WebGPU provider and the lens in our kernels, on one device. */
export async function createGpuReader(
  model: Model,
  { device, adapter }: OpenedDevice,
  signal?: AbortSignal,
): Promise<Reader> {
  const { config, weights } = model;
  const runtime = await openRuntime(device);
  const forward = await createForward(runtime, config, weights, signal);
  const lens = createGpuLens(device, readUnembed(model));

  return {
    backend: "webgpu",
    adapter,
    threads: runtime.threads,
    runtimeVersion: runtime.version,
    open: () => openPrompt(forward, createGpuHidden(device, config), lens),
    dispose() {
      lens.dispose();
      void forward.dispose();
      device.destroy();
    },
  };
}
