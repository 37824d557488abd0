import type { OpenedDevice } from "../gpu/device";
import { createForward } from "../model/forward";
import { type Model, readUnembed } from "../model/model";
import { openRuntime } from "../model/runtime";
import { createGpuHidden } from "./gpuHidden";
import { createGpuLens, type GpuLens } from "./lensGpu";
import { openPrompt } from "./openPrompt";
import type { Reader } from "./reader";

/**
 * The model on onnxruntime-web's WebGPU provider and the lens in our kernels, on one device, which ends
 * with the reader, and where none is made of it.
 */
export async function createGpuReader(
  model: Model,
  opened: OpenedDevice,
  signal?: AbortSignal,
): Promise<Reader> {
  try {
    return await createReader(model, opened, signal);
  } catch (error) {
    opened.device.destroy();
    throw error;
  }
}

async function createReader(
  model: Model,
  { device, adapter }: OpenedDevice,
  signal?: AbortSignal,
): Promise<Reader> {
  const { config, weights } = model;
  const runtime = await openRuntime(device);
  const forward = await createForward(runtime, config, weights, signal);
  let lens: GpuLens;
  try {
    lens = createGpuLens(device, readUnembed(model));
  } catch (error) {
    await forward.dispose();
    throw error;
  }

  return {
    backend: "webgpu",
    adapter,
    threads: runtime.threads,
    runtimeVersion: runtime.version,
    open: () => openPrompt(forward, createGpuHidden(device, config), lens),
    forget: lens.forget,
    dispose() {
      lens.dispose();
      void forward.dispose();
      device.destroy();
    },
  };
}
