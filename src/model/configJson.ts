import { FormatError, UnsupportedError } from "../errors";
import {
  activationOf,
  checked,
  type ModelConfig,
  type Rotary,
  type RotaryScaling,
  unsupportedScaling,
} from "./config";
import { type Fields, readFields } from "./configFields";

/**
 * From a Hugging Face `config.json`, as transformers 4 or 5 writes it. A key that is absent, or
 * null, has the default of its family.
 *
 * @param json the parsed file
 * @throws UnsupportedError if the architecture, its activation or its rotary scaling is not read here
 * @throws FormatError if a size is missing or makes no sense
 */
export function configFromJson(json: unknown, name: string): ModelConfig {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    throw new FormatError("config.json is not a JSON object.");
  }
  const config = readFields(new Map(Object.entries(json)), "config.json");
  const type = config.text("model_type", "");
  switch (type) {
    case "llama":
    case "mistral":
      return llamaFromJson(config, name, type);
    case "gpt2":
      return gpt2FromJson(config, name);
    case "gpt_neox":
      return gptNeoxFromJson(config, name);
  }
  throw new UnsupportedError(
    `This model is of type ${type || "unknown"}, which is not read here; llama, mistral, gpt2 and gpt_neox are.`,
  );
}

function llamaFromJson(config: Fields, name: string, type: "llama" | "mistral"): ModelConfig {
  const nHeads = config.count("num_attention_heads");
  const dModel = config.count("hidden_size");
  const headDim = config.count("head_dim", dModel / nHeads);
  const contextLength = config.count("max_position_embeddings", type === "llama" ? 2048 : 131_072);
  return checked({
    family: "llama",
    name,
    nLayers: config.count("num_hidden_layers"),
    dModel,
    nHeads,
    nKvHeads: config.count("num_key_value_heads", type === "llama" ? nHeads : 8),
    headDim,
    dFeedForward: config.count("intermediate_size"),
    vocab: config.count("vocab_size"),
    // Attention over a sliding window is plain attention as far as the window reaches.
    contextLength: Math.min(contextLength, config.count("sliding_window", contextLength)),
    normEps: config.positive("rms_norm_eps", 1e-6),
    activation: activationOf(config.text("hidden_act", "silu")),
    tied: config.flag("tie_word_embeddings", false),
    rotary: rotaryFromJson(config, headDim, {
      base: config.positive("rope_theta", 10_000),
      portion: config.positive("partial_rotary_factor", 1),
    }),
    attentionBias: config.flag("attention_bias", false),
    mlpBias: config.flag("mlp_bias", false),
    parallelResidual: false,
  });
}

function gpt2FromJson(config: Fields, name: string): ModelConfig {
  if (
    !config.flag("scale_attn_weights", true) ||
    config.flag("scale_attn_by_inverse_layer_idx", false)
  ) {
    throw new UnsupportedError(
      "This gpt2 scales its attention in a way of its own, which is not read here.",
    );
  }
  const nHeads = config.count("n_head");
  const dModel = config.count("n_embd");
  return checked({
    family: "gpt2",
    name,
    nLayers: config.count("n_layer"),
    dModel,
    nHeads,
    nKvHeads: nHeads,
    headDim: dModel / nHeads,
    dFeedForward: config.count("n_inner", 4 * dModel),
    vocab: config.count("vocab_size"),
    contextLength: config.count("n_positions", 1024),
    normEps: config.positive("layer_norm_epsilon", 1e-5),
    activation: activationOf(config.text("activation_function", "gelu_new")),
    tied: config.flag("tie_word_embeddings", true),
    rotary: null,
    attentionBias: true,
    mlpBias: true,
    parallelResidual: false,
  });
}

function gptNeoxFromJson(config: Fields, name: string): ModelConfig {
  const nHeads = config.count("num_attention_heads");
  const dModel = config.count("hidden_size");
  const headDim = dModel / nHeads;
  return checked({
    family: "gpt_neox",
    name,
    nLayers: config.count("num_hidden_layers"),
    dModel,
    nHeads,
    nKvHeads: nHeads,
    headDim,
    dFeedForward: config.count("intermediate_size"),
    vocab: config.count("vocab_size"),
    contextLength: config.count("max_position_embeddings", 2048),
    normEps: config.positive("layer_norm_eps", 1e-5),
    activation: activationOf(config.text("hidden_act", "gelu")),
    tied: config.flag("tie_word_embeddings", false),
    rotary: rotaryFromJson(config, headDim, {
      base: config.positive("rotary_emb_base", config.positive("rope_theta", 10_000)),
      portion: config.positive("rotary_pct", config.positive("partial_rotary_factor", 0.25)),
    }),
    attentionBias: config.flag("attention_bias", true),
    mlpBias: true,
    parallelResidual: config.flag("use_parallel_residual", true),
  });
}

/** @param plain what transformers 4's own keys say, where transformers 5's `rope_parameters` do not */
function rotaryFromJson(
  config: Fields,
  headDim: number,
  plain: { base: number; portion: number },
): Rotary {
  const fields = config.fields("rope_parameters") ?? config.fields("rope_scaling");
  if (!fields) return { dim: rotaryDim(headDim, plain.portion), base: plain.base, scaling: null };
  return {
    dim: rotaryDim(headDim, fields.positive("partial_rotary_factor", plain.portion)),
    base: fields.positive("rope_theta", plain.base),
    scaling: scalingFromJson(fields),
  };
}

const rotaryDim = (headDim: number, portion: number) => Math.floor(headDim * portion);

function scalingFromJson(fields: Fields): RotaryScaling | null {
  const kind = fields.text("rope_type", fields.text("type", "default"));
  switch (kind) {
    case "default":
      return null;
    case "linear":
      return { kind, factor: fields.positive("factor") };
    case "llama3":
      return {
        kind,
        factor: fields.positive("factor"),
        lowFreqFactor: fields.positive("low_freq_factor"),
        highFreqFactor: fields.positive("high_freq_factor"),
        originalContextLength: fields.count("original_max_position_embeddings"),
      };
  }
  throw unsupportedScaling(kind);
}
