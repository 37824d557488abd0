import { describe, expect, test } from "vitest";

import { openSafetensors } from "../format/safetensors";
import { openDevice } from "../gpu/device";
import { configFromJson } from "../model/configJson";
import { createForward } from "../model/forward";
import type { ForwardContext } from "../model/forwardContext";
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

    /** Runs what follows the context's tokens; its hidden states go into `all`, `[L + 1, positions, dModel]`. */
    async function grow(
      context: ForwardContext,
      ids: readonly number[],
      all: Float32Array,
      signal?: AbortSignal,
    ) {
      const size = all.length / (config.nLayers + 1);
      const chunks = context.run(ids.slice(context.length), signal);
      for await (const { start, positions, embeddings, hidden } of chunks) {
        const states = [embeddings];
        for (const tensor of hidden) states.push((await tensor.getData()) as Float32Array);
        for (const [layer, state] of states.entries()) {
          const at = layer * size + start * config.dModel;
          all.set(state.subarray(0, positions * config.dModel), at);
        }
      }
    }

    const noStates = (ids: readonly number[]) =>
      new Float32Array((config.nLayers + 1) * ids.length * config.dModel).fill(Number.NaN);

    /** `h_0 … h_L` of a prompt that grew and was cut: so many of its tokens were there after each step. */
    async function hiddenStates(ids: readonly number[], steps: readonly number[] = []) {
      const context = forward.open();
      const all = noStates(ids);
      for (const step of [...steps, ids.length]) {
        context.cut(step);
        await grow(context, ids.slice(0, step), all);
        expect(context.length).toBe(step);
      }
      context.dispose();
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

    test("a prompt that grows token by token has them", async () => {
      const ids = [...goldens.readInt32("seven.ids")];
      const states = await hiddenStates(ids, [1, 2, 3, 4, 5, 6]);
      expect(relativeError(states, goldens.read("seven.hidden"))).toBeLessThan(tolerance);
    });

    test("a prompt whose middle was another has them", async () => {
      const ids = [...goldens.readInt32("seven.ids")];
      const all = noStates(ids);
      const context = forward.open();
      await grow(context, ids.slice(0, 3), all);
      const other = [...ids.slice(0, 3), 5, 6, 7, 8, 9];
      await grow(context, other, noStates(other));
      context.cut(3);
      await grow(context, ids, all);
      context.dispose();
      expect(relativeError(all, goldens.read("seven.hidden"))).toBeLessThan(tolerance);
    });

    if (fixture === "tiny-llama") {
      // On WebGPU a run is padded to 16, 64 or 256 positions; on wasm a chunk has 64.
      test.each([
        ["at once", []],
        ["by chunks", [10, 16, 17, 63, 64, 65]],
        ["cut and grown again", [96, 70, 64, 80, 15, 0, 40]],
      ])("a prompt of two chunks has them too: %s", async (_, steps) => {
        const long = await open("long.safetensors");
        const ids = [...long.readInt32("ids")];
        expect(ids).toHaveLength(96);
        const error = relativeError(await hiddenStates(ids, steps), long.read("hidden"));
        expect(error).toBeLessThan(tolerance);
      });

      test("a prompt goes on after an abort from the chunks that were read", async () => {
        const long = await open("long.safetensors");
        const ids = [...long.readInt32("ids")];
        const context = forward.open();
        const all = noStates(ids);
        await grow(context, ids.slice(0, 12), all);
        const controller = new AbortController();
        const chunks = context.run(ids.slice(12), controller.signal);
        await chunks.next();
        controller.abort(new DOMException("enough", "AbortError"));
        const read = runtime.backend === "wasm" ? 64 : 84;
        if (read < 84) await expect(chunks.next()).rejects.toThrow("enough");
        else await chunks.next();
        expect(context.length).toBe(12 + read);
        context.cut(12); // their hidden states went nowhere here
        await grow(context, ids, all);
        context.dispose();
        expect(relativeError(all, long.read("hidden"))).toBeLessThan(tolerance);
      });
    }

    test("a chunk that its reader could not keep is read again", async () => {
      const ids = [...goldens.readInt32("seven.ids")];
      const context = forward.open();
      const all = noStates(ids);
      await grow(context, ids.slice(0, 4), all);
      await expect(
        (async () => {
          for await (const _ of context.run(ids.slice(4))) throw new Error("no memory");
        })(),
      ).rejects.toThrow("no memory");
      expect(context.length).toBe(4);
      await grow(context, ids, all);
      context.dispose();
      expect(relativeError(all, goldens.read("seven.hidden"))).toBeLessThan(tolerance);
    });

    test("an aborted run rejects with the reason", async () => {
      const aborted = AbortSignal.abort(new DOMException("enough", "AbortError"));
      const context = forward.open();
      const run = grow(context, [1, 2, 3], noStates([1, 2, 3]), aborted);
      await expect(run).rejects.toThrow("enough");
      expect(context.length).toBe(0);
    });
  });
});
