import { expect, test } from "vitest";

import { UnsupportedError } from "../errors";
import { createForward } from "./forward";
import { sessionBytes } from "./modelSize";
import { folder, tinyGpt2, tinyGptNeoX, tinyLlama } from "./modelTesting";
import { openModel } from "./openModel";
import type { Runtime } from "./runtime";
import { weightShapes } from "./weightShapes";

test.each([tinyLlama, tinyGpt2, tinyGptNeoX])(
  "sessionBytes of %s is four bytes for each number of its blocks and its unembedding",
  async (path) => {
    const { config } = await openModel(folder(path, "config.json", "model.safetensors"), "tiny");
    let numbers = config.vocab * config.dModel;
    for (const [name, { shape, isOptional }] of weightShapes(config)) {
      if (/^(layers|h)\./.test(name) && !isOptional) numbers += shape.reduce((a, b) => a * b);
    }
    expect(sessionBytes(config)).toBe(4 * numbers);
  },
);

test("createForward on wasm refuses a model of more than 4 GiB with both sizes, before any session", async () => {
  const { config, weights } = await openModel(
    folder(tinyLlama, "config.json", "model.safetensors"),
    "tiny",
  );
  const runtime = { backend: "wasm" } as Runtime; // it has no session to give
  const large = { ...config, nLayers: 22, dModel: 2048, dFeedForward: 8192, vocab: 128_256 };
  const made = createForward(runtime, large, weights);
  await expect(made).rejects.toThrow(UnsupportedError);
  await expect(made).rejects.toThrow(
    /^This model is 5\.\d GB of float32 numbers, and without the GPU there is room for 4\.3 GB\. Open a smaller/,
  );
});
