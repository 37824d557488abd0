import type { LensBackend } from "../lens/backend";
import { nextTask } from "../math/nextTask";
import { createForward } from "../model/forward";
import { free } from "../model/graph";
import { createWasmLens } from "../model/lensWasm";
import { type Model, readUnembed, unembeddingName } from "../model/model";
import { openRuntime } from "../model/runtime";
import { openPrompt } from "./openPrompt";
import type { Reader } from "./reader";
import { createWasmHidden } from "./wasmHidden";

/** The model and the lens on onnxruntime-web's wasm provider. */
export async function createWasmReader(model: Model, signal?: AbortSignal): Promise<Reader> {
  const { config, weights } = model;
  const runtime = await openRuntime(null);
  const forward = await createForward(runtime, config, weights, signal);
  let lens: LensBackend<Float32Array>;
  try {
    await nextTask();
    const name = unembeddingName(model);
    const unembed = readUnembed(model);
    lens = await createWasmLens(runtime, unembed, (id) => weights.readRows(name, [id]));
    free(unembed.unembedding); // the session keeps a copy of its own
  } catch (error) {
    await forward.dispose();
    throw error;
  }

  return {
    backend: "wasm",
    adapter: null,
    threads: runtime.threads,
    runtimeVersion: runtime.version,
    open: () => openPrompt(forward, createWasmHidden(config), lens),
    forget() {}, // translators go in with each run
    dispose() {
      lens.dispose();
      void forward.dispose();
    },
  };
}
