import { expect, test } from "vitest";

import type { ModelConfig } from "./config";
import { modelName } from "./modelName";

const config = { family: "gpt2", nLayers: 12, dModel: 768 } as ModelConfig;
const snapshot = "607a30d783dfa663caf39e06633721c8d4cfcd7e";

test.each([
  ["gpt2", "distilgpt2", "gpt2"],
  ["models/me/my-finetune", "gpt2", "my-finetune"],
  [`models--openai-community--gpt2/snapshots/${snapshot}`, null, "openai-community/gpt2"],
  ["hub/models--gpt2/snapshots/main", null, "gpt2"],
  [snapshot, "openai-community/gpt2", "openai-community/gpt2"],
  ["model", "gpt2", "gpt2"],
  ["Model/", "gpt2", "gpt2"],
  ["2", "gpt2", "gpt2"],
  ["", "gpt2", "gpt2"],
  ["", null, "gpt2, 12 layers of 768"],
  ["my-models/snapshots", "", "gpt2, 12 layers of 768"],
  ["a\n folder", null, "a folder"],
])("a model in the folder %j whose config says %j is called %j", (path, nameOrPath, name) => {
  expect(modelName(path, nameOrPath, config)).toBe(name);
});

test.each(["/home/me/model", "./out/model", "../a/b", "a/b/c", "C:\\a", "model", "", 7, {}])(
  "a path that a model was saved under, %j, is no name",
  (path) => {
    expect(modelName("model", path, config)).toBe("gpt2, 12 layers of 768");
  },
);
