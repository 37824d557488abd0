import { afterAll, describe, expect, test } from "vitest";

import { openSafetensors } from "../format/safetensors";
import { openDevice } from "../gpu/device";
import { logSoftmax } from "../math/softmax";
import { configFromJson } from "../model/configJson";
import { createIdTokenizer } from "../model/idTokenizer";
import type { Model } from "../model/model";
import { weightsFromSafetensors } from "../model/weights";
import { fixtureBytes } from "./fixtureBytes";
import { createGpuReader } from "./gpuReader";
import { fixtures } from "./lensGoldens";
import { sampleSequences } from "./training/sample";
import { createWasmReader } from "./wasmReader";

async function openFixture(fixture: string): Promise<Model> {
  const json = JSON.parse(new TextDecoder().decode(await fixtureBytes(`${fixture}/config.json`)));
  const config = configFromJson(json, fixture);
  const file = openSafetensors(await fixtureBytes(`${fixture}/model.safetensors`));
  const { family, nLayers, dModel, vocab, name } = config;
  return {
    info: { name, family, nLayers, dModel, vocab, sha256: "" },
    config,
    weights: weightsFromSafetensors(file, family),
    tokenizer: createIdTokenizer(vocab),
    hasTokenizer: false,
    notice: null,
  };
}

const open = {
  wasm: createWasmReader,
  webgpu: async (model: Model) => createGpuReader(model, await openDevice()),
};

describe.each(Object.entries(open))("a reader's lockstep on %s", (_, openReader) => {
  describe.each(fixtures)("%s", async (fixture) => {
    const model = await openFixture(fixture);
    const { vocab } = model.config;
    const reader = await openReader(model);
    afterAll(() => reader.dispose());

    /** Log-probabilities of the token after the last one, of a prompt that is read by itself. */
    async function readAlone(ids: readonly number[]): Promise<Float64Array> {
      const prompt = reader.open();
      const [from, to] = [ids.length - 1, ids.length];
      const targets = new Int32Array(to).fill(-1);
      const logProbs = new Float64Array(vocab).fill(Number.NaN);
      await prompt.follow(ids);
      const request = { from, to, translators: [], layers: [], targets, k: vocab };
      for await (const { topIds, topLogProbs } of prompt.read(request))
        for (const [i, id] of topIds.entries()) logProbs[id] = topLogProbs[i];
      prompt.dispose();
      return logProbs;
    }

    test("texts side by side go on as each of them does alone, at their first step and later", async () => {
      const texts = [
        [3, 14, 15, 9, 2, 6],
        [3, 58, 97, 9, 32, 38],
        [27, 18, 28, 18, 28, 45],
      ];
      const lockstep = reader.openLockstep(texts.length);
      for (let step = 0; step < 6; ++step) {
        const weights = await lockstep.next(texts.map((ids) => ids[step]));
        if (step !== 0 && step !== 5) continue; // reading alone is slow on a GPU in software
        for (const [lane, ids] of texts.entries()) {
          const found = logSoftmax(
            Float64Array.from(weights.subarray(lane * vocab, (lane + 1) * vocab), Math.log),
          );
          const alone = await readAlone(ids.slice(0, step + 1));
          // Float32, in another order: the lens is within 5e-5 nats of float64, twice that is between two.
          for (let id = 0; id < vocab; ++id)
            expect(Math.abs(found[id] - alone[id]), `${step} ${lane} ${id}`).toBeLessThan(1e-4);
        }
      }
      lockstep.dispose();
    });

    test("the same seed writes the same text", async () => {
      const sampling = { count: 3, length: 8, begin: 1, temperature: 1, vocab };
      const write = (seed: number) =>
        sampleSequences(
          reader,
          model.config,
          { ...sampling, seed },
          () => {},
          new AbortController().signal,
        );
      const first = await write(1);
      expect(await write(1)).toEqual(first);
      expect(await write(2)).not.toEqual(first);
      expect(first.every((ids) => ids.every((id) => id >= 0 && id < vocab))).toBe(true);
    });
  });
});
