import { describe, expect, test } from "vitest";

import { openSafetensors } from "../format/safetensors";
import { openDevice } from "../gpu/device";
import { configFromJson } from "../model/configJson";
import { createForward } from "../model/forward";
import { openRuntime } from "../model/runtime";
import { weightsFromSafetensors } from "../model/weights";
import { fixtureBytes } from "./fixtureBytes";
import { fixtures, prompts } from "./lensGoldens";

const runtimes = {
  wasm: await openRuntime(null),
  webgpu: await openRuntime((await openDevice()).device),
};

describe.each(Object.entries(runtimes))("createForward() on %s", (_, runtime) => {
  describe.each(fixtures)("%s", async (fixture) => {
    const open = async (path: string) => openSafetensors(await fixtureBytes(`${fixture}/${path}`));
    const json = JSON.parse(new TextDecoder().decode(await fixtureBytes(`${fixture}/config.json`)));
    const config = configFromJson(json, fixture);
    const weights = weightsFromSafetensors(await open("model.safetensors"), config.family);
    const goldens = await open("goldens.safetensors");
    const forward = await createForward(runtime, config, weights);

    /** `h_0 … h_L`, `[L + 1, positions, dModel]`. */
    async function hiddenStates(ids: readonly number[], signal?: AbortSignal) {
      const { dModel, nLayers } = config;
      const all = new Float32Array((nLayers + 1) * ids.length * dModel);
      for await (const { start, positions, embeddings, hidden } of forward.run(ids, signal)) {
        const states = [embeddings];
        for (const tensor of hidden) states.push((await tensor.getData()) as Float32Array);
        for (const [layer, state] of states.entries()) {
          const at = (layer * ids.length + start) * dModel;
          all.set(state.subarray(0, positions * dModel), at);
        }
      }
      return all;
    }

    /** The largest error of a layer, of the layer's norm. */
    function relativeError(hidden: Float32Array, golden: Float32Array): number {
      const size = golden.length / (config.nLayers + 1);
      const layers = Array.from({ length: config.nLayers + 1 }, (_, layer) => {
        let error = 0;
        let norm = 0;
        for (let i = layer * size; i < (layer + 1) * size; ++i) {
          error += (hidden[i] - golden[i]) ** 2;
          norm += golden[i] ** 2;
        }
        return Math.sqrt(error / norm);
      });
      return Math.max(...layers);
    }

    // Float32 against float64: measured at most 1e-6 of a layer's norm on both providers.
    const tolerance = 1e-5;

    test.each(prompts)(
      "has the reference's hidden states at every layer: prompt %s",
      async (prompt) => {
        const ids = [...goldens.readInt32(`${prompt}.ids`)];
        const error = relativeError(await hiddenStates(ids), goldens.read(`${prompt}.hidden`));
        expect(error).toBeLessThan(tolerance);
      },
    );

    if (fixture === "tiny-llama") {
      test("a prompt of two chunks has them too", async () => {
        const long = await open("long.safetensors");
        const ids = [...long.readInt32("ids")];
        expect(ids).toHaveLength(96);
        const error = relativeError(await hiddenStates(ids), long.read("hidden"));
        expect(error).toBeLessThan(tolerance);
      });
    }

    test("an aborted run rejects with the reason", async () => {
      const aborted = AbortSignal.abort(new DOMException("enough", "AbortError"));
      await expect(hiddenStates([1, 2, 3], aborted)).rejects.toThrow("enough");
    });
  });
});
