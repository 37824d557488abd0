import { describe, expect, test } from "vitest";

import { FormatError } from "../errors";
import { isLensConfig, parseLensConfig } from "./lensConfig";
import { openConfig } from "./lensTesting";

const silent = {
  baseModel: null,
  dModel: null,
  nLayers: null,
  vocab: null,
  bias: null,
  unembedHash: null,
  lensType: null,
  includeInput: null,
  unsupported: [],
  unknown: [],
};

test("parseLensConfig() reads a published config", () => {
  const gpt2 =
    '{"base_model_name_or_path": "gpt2", "d_model": 768, "num_hidden_layers": 12, "bias": true, "base_model_revision": "e7da7f221d5bf496a48136c0cd264e630fe9fcc8", "lens_type": "linear_tuned_lens"}';
  expect(parseLensConfig(gpt2)).toEqual({
    ...silent,
    baseModel: "gpt2",
    dModel: 768,
    nLayers: 12,
    bias: true,
    lensType: "linear_tuned_lens",
  });
});

test.each([
  ["current", { lensType: "linear_tuned_lens", includeInput: null, vocab: null }],
  ["april2023", { lensType: "linear_tuned_lens", includeInput: null, vocab: null }],
  ["old", { lensType: null, includeInput: true, vocab: 7 }],
  ["old-no-input", { includeInput: false }],
  ["probe", { includeInput: true }],
  ["other-extra", { unsupported: ["extra_layers"] }],
])("parseLensConfig() reads the %s dialect", async (name, said) => {
  const config = await openConfig(name);
  expect(config).toMatchObject({
    baseModel: "openai-community/tiny",
    dModel: 4,
    nLayers: 3,
    unknown: [],
    ...said,
  });
  const hash = (await openConfig("current"))?.unembedHash;
  expect(hash).toMatch(/^[0-9a-f]{64}$/);
  expect(config?.unembedHash).toBe(name === "current" || name === "april2023" ? hash : null);
});

test("parseLensConfig() lists keys that no version has, whatever they are called", () => {
  const { unknown } = parseLensConfig('{"lens_type": "x", "a": 1, "__proto__": {"d_model": 2}}');
  expect(unknown).toEqual(["a", "__proto__"]);
  expect(parseLensConfig('{"lens_type": "x", "__proto__": {"d_model": 2}}').dModel).toBeNull();
});

test.each([
  ['"rank": 8', ["rank"]],
  ['"reuse_unembedding": false, "extra_layers": 2', ["extra_layers", "reuse_unembedding"]],
  ['"mlp_hidden_sizes": [64], "shared_mlp_hidden_sizes": []', ["mlp_hidden_sizes"]],
  [
    '"layer_norm": true, "pre_ln": true, "orthogonal": true',
    ["layer_norm", "pre_ln", "orthogonal"],
  ],
  ['"rank": null, "layer_norm": false, "reuse_unembedding": true, "dropout": 0.1', []],
])("of the options %s, parseLensConfig() finds %j unsupported", (options, unsupported) => {
  expect(parseLensConfig(`{"lens_type": "x", ${options}}`).unsupported).toEqual(unsupported);
});

describe("parseLensConfig() refuses", () => {
  test.each([
    ["text that is cut short", '{"d_model": 768, "num_hid', "not JSON"],
    ["a list", "[]", "not a lens's"],
    ["null", "null", "not a lens's"],
    [
      "a model's config",
      '{"model_type": "t5", "d_model": 512, "num_layers": 6}',
      "a model's opens",
    ],
    [
      "a width in text",
      '{"d_model": "768", "num_hidden_layers": 12}',
      "d_model is not a whole number",
    ],
    [
      "a width of nothing",
      '{"d_model": 0, "num_hidden_layers": 12}',
      "d_model is not a whole number",
    ],
    ["half a layer", '{"d_model": 4, "num_hidden_layers": 1.5}', "num_hidden_layers is not"],
    ["too large a number", '{"d_model": 1e300, "num_layers": 1}', "d_model is not"],
    ["a bias in words", '{"lens_type": "x", "bias": "true"}', "bias is not true or false"],
    ["a type that is none", '{"lens_type": {}}', "lens_type is not a string"],
    [
      "a hash that is none",
      '{"lens_type": "x", "unemebd_hash": 7}',
      "unemebd_hash is not a string",
    ],
    ["a long name", `{"lens_type": "${"x".repeat(501)}"}`, "at most 500 characters"],
    [
      "two numbers of layers",
      '{"d_model": 4, "num_layers": 2, "num_hidden_layers": 3}',
      "num_hidden_layers is 3, num_layers 2",
    ],
    ["a megabyte", `{"lens_type": "x", "a": "${"x".repeat(1_000_000)}"}`, "larger than 1 MB"],
    [
      "lists in lists",
      `{"lens_type": "x", "rank": ${"[".repeat(4e5)}${"]".repeat(4e5)}}`,
      /rank is not|not JSON/,
    ],
  ])("%s", (_, text, sentence) => {
    expect(() => parseLensConfig(text)).toThrow(sentence);
    expect(() => parseLensConfig(text)).toThrow(FormatError);
  });
});

test.each([
  [{ base_model_name_or_path: "gpt2", d_model: 768, num_hidden_layers: 12 }, true],
  [{ d_model: 768, num_layers: 12, vocab_size: 50_257 }, true],
  [{ lens_type: "linear_tuned_lens" }, true],
  [{ d_model: 512, num_layers: 6, model_type: "t5" }, false],
  [{ architectures: ["LlamaForCausalLM"], hidden_size: 576 }, false],
  [{ base_model_name_or_path: "gpt2", peft_type: "LORA" }, false],
  [[{ lens_type: "linear_tuned_lens" }], false],
  ["lens_type", false],
  [null, false],
])("isLensConfig(%j) is %s", (json, expected) => {
  expect(isLensConfig(json)).toBe(expected);
});
