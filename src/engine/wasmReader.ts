import { nextTask } from "../math/nextTask";
import { createForward } from "../model/forward";
import { free } from "../model/graph";
import { createWasmLens } from "../model/lensWasm";
import { type Model, readUnembed, unembeddingName } from "../model/model";
import { openRuntime } from "../model/runtime";
import type { Reader } from "./reader";

/** The model and the lens on onnxruntime-web's wasm provider. */
export async function createWasmReader(model: Model, signal?: AbortSignal): Promise<Reader> {
  const { config, weights } = model;
  const { dModel, nLayers } = config;
  const runtime = await openRuntime(null);
  const forward = await createForward(runtime, config, weights, signal);
  await nextTask();
  const name = unembeddingName(model);
  const unembed = readUnembed(model);
  const lens = await createWasmLens(runtime, unembed, (id) => weights.readRows(name, [id]));
  free(unembed.unembedding); // the session keeps a copy of its own

  return {
    backend: "wasm",
    adapter: null,
    threads: runtime.threads,
    runtimeVersion: runtime.version,
    async open(ids, signal) {
      const positions = ids.length;
      const hidden = Array.from(
        { length: nLayers + 1 },
        () => new Float32Array(positions * dModel),
      );
      for await (const chunk of forward.run(ids, signal)) {
        const states = [
          chunk.embeddings,
          ...chunk.hidden.map((tensor) => tensor.data as Float32Array),
        ];
        for (const [layer, state] of states.entries())
          hidden[layer].set(state, chunk.start * dModel);
        await nextTask();
      }
      return {
        read: (request, stop) => lens.read({ ...request, hidden, positions }, stop),
        dispose() {},
      };
    },
    dispose() {
      lens.dispose();
      void forward.dispose();
    },
  };
}
