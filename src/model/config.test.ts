import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";

import { FormatError, UnsupportedError } from "../errors";
import { openGguf } from "../format/gguf";
import type { TensorFile } from "../format/tensorFile";
import { configFromGguf } from "./configGguf";
import { configFromJson } from "./configJson";

const smollm2 = {
  model_type: "llama",
  hidden_act: "silu",
  hidden_size: 576,
  intermediate_size: 1536,
  max_position_embeddings: 8192,
  num_attention_heads: 9,
  num_hidden_layers: 30,
  num_key_value_heads: 3,
  rms_norm_eps: 1e-5,
  rope_scaling: null,
  rope_theta: 100000,
  tie_word_embeddings: true,
  torch_dtype: "bfloat16",
  vocab_size: 49152,
};

const pythia70m = {
  model_type: "gpt_neox",
  hidden_act: "gelu",
  hidden_size: 512,
  intermediate_size: 2048,
  layer_norm_eps: 1e-5,
  max_position_embeddings: 2048,
  num_attention_heads: 8,
  num_hidden_layers: 6,
  rotary_emb_base: 10000,
  rotary_pct: 0.25,
  tie_word_embeddings: false,
  use_parallel_residual: true,
  vocab_size: 50304,
};

const gpt2 = {
  model_type: "gpt2",
  activation_function: "gelu_new",
  layer_norm_epsilon: 1e-5,
  n_ctx: 1024,
  n_embd: 768,
  n_head: 12,
  n_layer: 12,
  n_positions: 1024,
  vocab_size: 50257,
};

test("configFromJson reads SmolLM2 as transformers 4 wrote it", () => {
  expect(configFromJson(smollm2, "SmolLM2-135M")).toEqual({
    family: "llama",
    name: "SmolLM2-135M",
    nLayers: 30,
    dModel: 576,
    nHeads: 9,
    nKvHeads: 3,
    headDim: 64,
    dFeedForward: 1536,
    vocab: 49152,
    contextLength: 8192,
    normEps: 1e-5,
    activation: "silu",
    tied: true,
    rotary: { dim: 64, base: 100000, scaling: null },
    attentionBias: false,
    mlpBias: false,
    parallelResidual: false,
  });
});

test("configFromJson reads Pythia: parallel, untied, a quarter of each head rotated", () => {
  expect(configFromJson(pythia70m, "pythia-70m")).toEqual({
    family: "gpt_neox",
    name: "pythia-70m",
    nLayers: 6,
    dModel: 512,
    nHeads: 8,
    nKvHeads: 8,
    headDim: 64,
    dFeedForward: 2048,
    vocab: 50304,
    contextLength: 2048,
    normEps: 1e-5,
    activation: "gelu",
    tied: false,
    rotary: { dim: 16, base: 10000, scaling: null },
    attentionBias: true,
    mlpBias: true,
    parallelResidual: true,
  });
});

test("configFromJson reads gpt2, whose file leaves out that it is tied", () => {
  expect(configFromJson(gpt2, "gpt2")).toEqual({
    family: "gpt2",
    name: "gpt2",
    nLayers: 12,
    dModel: 768,
    nHeads: 12,
    nKvHeads: 12,
    headDim: 64,
    dFeedForward: 3072,
    vocab: 50257,
    contextLength: 1024,
    normEps: 1e-5,
    activation: "gelu_new",
    tied: true,
    rotary: null,
    attentionBias: true,
    mlpBias: true,
    parallelResidual: false,
  });
});

test("transformers 5's rope_parameters say what version 4's keys do", () => {
  const { rope_theta: base, rope_scaling: _, ...llama } = smollm2;
  const rope_parameters = { rope_theta: base, rope_type: "default" };
  expect(configFromJson({ ...llama, rope_parameters }, "a")).toEqual(configFromJson(smollm2, "a"));

  const { rotary_pct: portion, rotary_emb_base: theta, ...neox } = pythia70m;
  const partial = { rope_theta: theta, rope_type: "default", partial_rotary_factor: portion };
  const newer = configFromJson({ ...neox, rope_parameters: partial }, "a");
  expect(newer).toEqual(configFromJson(pythia70m, "a"));
});

test("absent and null keys have the family's defaults", () => {
  const { model_type, hidden_size, intermediate_size, vocab_size } = smollm2;
  const sizes = { hidden_size, intermediate_size, vocab_size, num_hidden_layers: 1 };
  const bare = { model_type, ...sizes, num_attention_heads: 9, head_dim: null };
  expect(configFromJson(bare, "bare")).toMatchObject({
    nKvHeads: 9,
    headDim: 64,
    normEps: 1e-6,
    tied: false,
    contextLength: 2048,
    rotary: { dim: 64, base: 10000, scaling: null },
  });
  const neox = configFromJson({ ...bare, model_type: "gpt_neox" }, "bare");
  expect(neox).toMatchObject({ activation: "gelu", rotary: { dim: 16 }, parallelResidual: true });
});

test("a sliding window bounds the context", () => {
  const mistral = { ...smollm2, model_type: "mistral", sliding_window: 4096 };
  expect(configFromJson(mistral, "m").contextLength).toBe(4096);
  expect(configFromJson({ ...mistral, sliding_window: null }, "m").contextLength).toBe(8192);
});

describe("rotary scaling", () => {
  const scalingOf = (rope_scaling: unknown) =>
    configFromJson({ ...smollm2, rope_scaling }, "a").rotary?.scaling;

  test("linear is read under either key", () => {
    expect(scalingOf({ type: "linear", factor: 2 })).toEqual({ kind: "linear", factor: 2 });
    expect(scalingOf({ rope_type: "linear", factor: 4 })).toEqual({ kind: "linear", factor: 4 });
  });

  test("llama3 keeps all four numbers", () => {
    const llama3 = {
      rope_type: "llama3",
      factor: 32,
      low_freq_factor: 1,
      high_freq_factor: 4,
      original_max_position_embeddings: 8192,
    };
    expect(scalingOf(llama3)).toEqual({
      kind: "llama3",
      factor: 32,
      lowFreqFactor: 1,
      highFreqFactor: 4,
      originalContextLength: 8192,
    });
    expect(() => scalingOf({ ...llama3, factor: undefined })).toThrow("rope_scaling does not say");
  });

  test("another kind is refused by name", () => {
    expect(() => scalingOf({ type: "yarn", factor: 2 })).toThrow(UnsupportedError);
    expect(() => scalingOf({ type: "yarn", factor: 2 })).toThrow("by yarn, which is not read here");
    expect(() => scalingOf("yarn")).toThrow(FormatError);
  });
});

test("another architecture or activation is refused with what is read", () => {
  const mamba = () => configFromJson({ model_type: "mamba" }, "a");
  expect(mamba).toThrow(UnsupportedError);
  expect(mamba).toThrow("of type mamba, which is not read here; llama, mistral, gpt2 and gpt_neox");
  expect(() => configFromJson({}, "a")).toThrow("of type unknown");
  expect(() => configFromJson({ ...smollm2, hidden_act: "xielu" }, "a")).toThrow("is xielu");
  expect(() => configFromJson({ ...smollm2, hidden_act: "toString" }, "a")).toThrow("is toString");
  const scaled = { ...gpt2, scale_attn_by_inverse_layer_idx: true };
  expect(() => configFromJson(scaled, "a")).toThrow(UnsupportedError);
});

test("sizes that make no sense are FormatErrors that name the key", () => {
  const open = (changes: object) => () => configFromJson({ ...smollm2, ...changes }, "a");
  expect(open({ hidden_size: undefined })).toThrow("config.json does not say hidden_size");
  expect(open({ hidden_size: -1 })).toThrow("hidden_size is -1, expected a positive integer");
  expect(open({ vocab_size: 1.5 })).toThrow("vocab_size is 1.5");
  expect(open({ vocab_size: "49152" })).toThrow('vocab_size is "49152"');
  expect(open({ num_hidden_layers: 2 ** 40 })).toThrow("num_hidden_layers");
  expect(open({ num_hidden_layers: [[]] })).toThrow("num_hidden_layers is an object");
  expect(open({ rms_norm_eps: 0 })).toThrow("rms_norm_eps is 0");
  expect(open({ tie_word_embeddings: 1 })).toThrow("expected true or false");
  expect(open({ num_attention_heads: 7 })).toThrow("do not divide the hidden size 576");
  const long = "é".repeat(50_000);
  for (const key of ["vocab_size", "hidden_act", "model_type", "tie_word_embeddings"]) {
    expect(open({ [key]: long })).toThrow(/is "é{79}…, expected [\w ]+\.$/);
  }
  expect(open({ num_key_value_heads: 2 })).toThrow("do not divide 9 heads");
  expect(open({ head_dim: 63 })).toThrow("cannot be rotated in pairs");
  expect(() => configFromJson([], "a")).toThrow(FormatError);
  expect(() => configFromJson(null, "a")).toThrow(FormatError);
});

describe("GGUF", () => {
  const openTiny = (architecture: string) =>
    openGguf(
      new Uint8Array(
        readFileSync(join(import.meta.dirname, `../format/fixtures/tiny-${architecture}.gguf`)),
      ),
    );
  const sizes = { name: "t", nLayers: 1, dModel: 8, nHeads: 2, headDim: 4, dFeedForward: 12 };

  test("configFromGguf reads llama, gpt2 and gptneox", async () => {
    expect(configFromGguf(await openTiny("llama"), "t")).toMatchObject({
      ...sizes,
      family: "llama",
      nKvHeads: 1,
      vocab: 10,
      contextLength: 32,
      activation: "silu",
      tied: false,
      rotary: { dim: 4, base: 10000, scaling: null },
      attentionBias: true,
      mlpBias: false,
    });
    expect(configFromGguf(await openTiny("gpt2"), "t")).toMatchObject({
      ...sizes,
      family: "gpt2",
      nKvHeads: 2,
      activation: "gelu_new",
      tied: true,
      rotary: null,
    });
    expect(configFromGguf(await openTiny("gptneox"), "t")).toMatchObject({
      ...sizes,
      family: "gpt_neox",
      tied: false,
      rotary: { dim: 2 },
      parallelResidual: true,
    });
  });

  /** The tiny llama with some metadata changed, or a tensor of factors in place of its ones. */
  const changed = async (changes: Record<string, unknown>, rotaryFactors = [1, 1]) => {
    const file = await openTiny("llama");
    const altered: TensorFile = {
      ...file,
      metadata: new Map([...file.metadata, ...Object.entries(changes)]),
      read: (name) =>
        name === "rope_freqs.weight" ? new Float32Array(rotaryFactors) : file.read(name),
    };
    return configFromGguf(altered, "t");
  };

  test("linear rotary scaling is read, other kinds are refused", async () => {
    const linear = { "llama.rope.scaling.type": "linear", "llama.rope.scaling.factor": 2 };
    expect((await changed(linear)).rotary?.scaling).toEqual({ kind: "linear", factor: 2 });
    await expect(changed({ "llama.rope.scaling.type": "yarn" })).rejects.toThrow("by yarn");
    await expect(changed({}, [1, 8])).rejects.toThrow("Open the same model as safetensors");
  });

  test("other architectures and experts are refused", async () => {
    const gemma = changed({ "general.architecture": "gemma" });
    await expect(gemma).rejects.toThrow(UnsupportedError);
    await expect(gemma).rejects.toThrow("architecture gemma, which is not read here");
    await expect(changed({ "llama.expert_count": 8 })).rejects.toThrow("llama with experts");
    expect((await changed({ "llama.expert_count": 0 })).nLayers).toBe(1);
  });

  test("gpt2 has as many key heads as heads, whatever the file says", async () => {
    const file = await openTiny("gpt2");
    const metadata = new Map([...file.metadata, ["gpt2.attention.head_count_kv", 1]]);
    expect(configFromGguf({ ...file, metadata }, "t").nKvHeads).toBe(2);
  });

  test("a vocabulary of nothing is refused", async () => {
    const file = await openTiny("llama");
    const embedding = { dtype: "F32", shape: [0, 8] };
    const tensors = new Map([...file.tensors, ["token_embd.weight", embedding]]);
    expect(() => configFromGguf({ ...file, tensors }, "t")).toThrow("vocabulary is empty");
  });

  test("a size past what a number holds is named, and one that is none", async () => {
    await expect(changed({ "llama.block_count": Number.NaN })).rejects.toThrow("is no number, exp");
    await expect(changed({ "llama.block_count": 2n ** 63n })).rejects.toThrow(
      "llama.block_count is 9223372036854775808, expected a positive integer",
    );
  });

  test("a size that is missing is named", async () => {
    await expect(changed({ "llama.block_count": undefined })).rejects.toThrow(
      "The GGUF file does not say llama.block_count",
    );
  });
});
