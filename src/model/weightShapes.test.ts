import { expect, test } from "vitest";

import { architectures } from "./architecture/architecture";
import { buildForwardGraph } from "./forwardGraph";
import { readUnembed } from "./model";
import { folder, tinyGpt2, tinyGptNeoX, tinyLlama } from "./modelTesting";
import { openModel } from "./openModel";
import { weightShapes } from "./weightShapes";
import type { Weights } from "./weights";

test.each([tinyLlama, tinyGpt2, tinyGptNeoX])(
  "weightShapes of %s are the weights that its graphs, embedding and unembedding ask for",
  async (path) => {
    const model = await openModel(folder(path, "config.json", "model.safetensors"), "tiny");
    const asked = new Set<string>();
    const note =
      <T>(read: (name: string) => T) =>
      (name: string) => {
        asked.add(name);
        return read(name);
      };
    const { weights } = model;
    const noting: Weights = {
      has: note(weights.has),
      dtype: note(weights.dtype),
      shape: note(weights.shape),
      read: note(weights.read),
      readRows: weights.readRows,
    };
    const config = { ...model.config, attentionBias: true, mlpBias: true };
    const { tokenEmbedding, positionEmbedding, finalNorm, unembedding } =
      architectures[config.family];
    const layers = Array.from({ length: config.nLayers }, (_, layer) => layer);
    buildForwardGraph(config, noting, layers);
    readUnembed({ ...model, config, weights: noting });
    for (const name of [tokenEmbedding, positionEmbedding]) if (name) asked.add(name);

    // readUnembed takes biases that no family here has.
    const matrix = config.tied ? tokenEmbedding : unembedding;
    asked.delete(matrix.replace("weight", "bias"));
    if (finalNorm.kind === "rms") asked.delete(`${finalNorm.name}.bias`);
    expect([...weightShapes(config).keys()].sort()).toEqual([...asked].sort());
  },
);
