import type { TrainingBackend } from "../lens/trainingBackend";
import type { Unembed } from "../lens/unembed";
import { nextTask } from "../math/nextTask";
import { createForward } from "../model/forward";
import { free } from "../model/graph";
import { createWasmLens, type WasmLens } from "../model/lensWasm";
import { type Model, readUnembed, unembeddingName } from "../model/model";
import { openRuntime } from "../model/runtime";
import { createWasmTraining } from "../model/trainingWasm";
import { openPrompt } from "./openPrompt";
import type { Reader } from "./reader";
import { createWasmHidden } from "./wasmHidden";

/** The model and the lens on onnxruntime-web's wasm provider. */
export async function createWasmReader(model: Model, signal?: AbortSignal): Promise<Reader> {
  const { config, weights } = model;
  const runtime = await openRuntime(null);
  const forward = await createForward(runtime, config, weights, signal);
  const name = unembeddingName(model);
  let lens: WasmLens;
  let unembed: Unembed;
  try {
    await nextTask();
    unembed = readUnembed(model);
    lens = await createWasmLens(runtime, unembed, (id) => weights.readRows(name, [id]));
    free(unembed.unembedding); // the session keeps a copy of its own
  } catch (error) {
    await forward.dispose();
    throw error;
  }
  const open = () => openPrompt(forward, createWasmHidden(config), lens);
  let training: TrainingBackend<Float32Array> | null = null;

  return {
    backend: "wasm",
    adapter: null,
    threads: runtime.threads,
    runtimeVersion: runtime.version,
    open,
    openLockstep(lanes) {
      const texts = forward.openLockstep(lanes);
      return {
        async next(ids) {
          const hidden = await texts.next(ids);
          const { exps } = await lens.finalExps(hidden.data as Float32Array);
          hidden.dispose();
          return exps;
        },
        dispose: () => texts.dispose(),
      };
    },
    training(use) {
      training ??= createWasmTraining(runtime, unembed, lens, (ids) => weights.readRows(name, ids));
      return use({ backend: training, open });
    },
    forget() {}, // translators go in with each run
    dispose() {
      training?.dispose();
      lens.dispose();
      void forward.dispose();
    },
  };
}
