import { expect, test } from "vitest";

import { openSafetensors } from "../format/safetensors";
import { openDevice } from "../gpu/device";
import type { Translator } from "../lens/translator";
import { configFromJson } from "../model/configJson";
import { createIdTokenizer } from "../model/idTokenizer";
import { weightsFromSafetensors } from "../model/weights";
import { fixtureBytes } from "./fixtureBytes";
import { createGpuReader } from "./gpuReader";
import { collect } from "./lensGoldens";

const ids = [3, 14, 15, 92, 65, 35, 89, 79];

test("createGpuReader().training() trains on a prompt's states where they are, with the lens's W_U", async () => {
  const json = JSON.parse(new TextDecoder().decode(await fixtureBytes("tiny-llama/config.json")));
  const config = configFromJson(json, "tiny-llama");
  const { family, nLayers, dModel, vocab, name } = config;
  const file = openSafetensors(await fixtureBytes("tiny-llama/model.safetensors"));
  const opened = await openDevice();
  const unembeddings: GPUBuffer[] = [];
  const { createBuffer } = opened.device;
  opened.device.createBuffer = (descriptor) => {
    const buffer = createBuffer.call(opened.device, descriptor);
    if (descriptor.label === "unembedding") unembeddings.push(buffer);
    return buffer;
  };
  const reader = await createGpuReader(
    {
      info: { name, family, nLayers, dModel, vocab, sha256: "" },
      config,
      weights: weightsFromSafetensors(file, family),
      tokenizer: createIdTokenizer(vocab),
      hasTokenizer: false,
      notice: null,
    },
    opened,
  );

  await reader.training(async ({ backend, open }) => {
    const prompt = open();
    await prompt.follow(ids);
    const positions = ids.length;
    const targets = Int32Array.of(...ids.slice(1), -1);
    const sequence = { hidden: prompt.hidden, positions, targets };
    const zeros = { weight: new Float32Array(dModel ** 2), bias: new Float32Array(dModel) };
    const one = { weight: 1, bias: 1 };
    const trainer = await backend.openTrainer({
      layers: [0, 1],
      translators: [zeros, zeros],
      scales: [one, one],
      settings: {
        ...{ method: "adam", weightDecay: 0, clip: 1 },
        ...{ parts: "whole", schedule: "falling" },
      },
    });
    const losses = [];
    for (let step = 0; step < 4; ++step) {
      losses.push(await trainer.accumulate(sequence, "kl", null, 1));
      await trainer.step(0.02);
    }
    expect(losses[3][0]).toBeLessThan(losses[0][0] / 2);
    expect(losses[3][1]).toBeLessThan(losses[0][1] / 2);

    // The lens says the same as the training did.
    const mean = async (first: Translator | null) => {
      const request = { from: 0, to: positions, targets, k: 1, layers: [0] };
      const rows = await collect(prompt.read({ ...request, translators: [first, null, null] }));
      const { klFromFinal } = rows[rows.length - 1];
      return klFromFinal.reduce((sum, kl) => sum + kl, 0) / positions;
    };
    expect(Math.abs((await mean(null)) - losses[0][0])).toBeLessThan(1e-4);
    const [trained] = await trainer.translators();
    expect(Math.abs((await mean(trained)) - losses[3][0])).toBeLessThan(
      losses[2][0] - losses[3][0],
    );
  });
  expect(unembeddings).toHaveLength(1);
  reader.dispose();
});
