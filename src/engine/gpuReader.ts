import type { OpenedDevice } from "../gpu/device";
import { createPace } from "../gpu/pace";
import { createScratch } from "../gpu/scratch";
import type { GpuTensor } from "../gpu/tensor";
import type { TrainingBackend } from "../lens/trainingBackend";
import { createForward } from "../model/forward";
import { type Model, readUnembed } from "../model/model";
import { openRuntime } from "../model/runtime";
import { finalExpsGpu } from "./finalProbsGpu";
import { createGpuHidden } from "./gpuHidden";
import { createGpuLens, type GpuLens } from "./lensGpu";
import { openPrompt } from "./openPrompt";
import type { Reader } from "./reader";
import { createGpuTraining } from "./trainingGpu";

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

  const open = () => openPrompt(forward, createGpuHidden(device, config), lens);
  let training: TrainingBackend<GpuTensor> | null = null;

  return {
    backend: "webgpu",
    adapter,
    threads: runtime.threads,
    runtimeVersion: runtime.version,
    open,
    openLockstep(lanes) {
      const texts = forward.openLockstep(lanes);
      const pace = createPace(device);
      const scratch = createScratch(device);
      return {
        async next(ids) {
          const hidden = await texts.next(ids);
          const state = { buffer: hidden.gpuBuffer as GPUBuffer, shape: [lanes, config.dModel] };
          try {
            return await finalExpsGpu(device, pace, lens.unembed, state, scratch);
          } finally {
            hidden.dispose();
          }
        },
        dispose() {
          texts.dispose();
          scratch.dispose();
        },
      };
    },
    training(use) {
      training ??= createGpuTraining(device, lens.unembed);
      return use({ backend: training, open });
    },
    forget: lens.forget,
    dispose() {
      training?.dispose();
      lens.dispose();
      void forward.dispose();
      device.destroy();
    },
  };
}
