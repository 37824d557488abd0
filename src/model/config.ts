import { FormatError, UnsupportedError } from "../errors";
import type { TensorFile } from "../format/tensorFile";

export type Family = "llama" | "gpt2" | "gpt_neox";

/** `gelu` is the exact one, `gelu_new` the tanh approximation. */
export type Activation = "silu" | "gelu" | "gelu_new" | "relu";

export type RotaryScaling =
  | { readonly kind: "linear"; readonly factor: number }
  | {
      readonly kind: "llama3";
      readonly factor: number;
      readonly lowFreqFactor: number;
      readonly highFreqFactor: number;
      readonly originalContextLength: number;
    };

export type Rotary = {
  /** Of each head's dimensions, the first so many are rotated. */
  readonly dim: number;
  readonly base: number;
  readonly scaling: RotaryScaling | null;
};

/** A model's architecture, in one vocabulary for every family and file format. */
export type ModelConfig = {
  readonly family: Family;
  readonly name: string;
  readonly nLayers: number;
  readonly dModel: number;
  readonly nHeads: number;
  readonly nKvHeads: number;
  readonly headDim: number;
  readonly dFeedForward: number;
  readonly vocab: number;
  /** In tokens. */
  readonly contextLength: number;
  readonly normEps: number;
  readonly activation: Activation;
  /** The unembedding matrix is the embedding matrix. */
  readonly tied: boolean;
  /** null where positions are embedded. */
  readonly rotary: Rotary | null;
  readonly attentionBias: boolean;
  readonly mlpBias: boolean;
  /** Attention and MLP both read the block's input. */
  readonly parallelResidual: boolean;
};

const activations: Readonly<Record<string, Activation>> = {
  silu: "silu",
  swish: "silu",
  gelu: "gelu",
  gelu_new: "gelu_new",
  gelu_fast: "gelu_new",
  gelu_pytorch_tanh: "gelu_new",
  relu: "relu",
};

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

const unsupportedScaling = (kind: string) =>
  new UnsupportedError(
    `This model scales its rotary embedding by ${kind}, which is not read here; linear and llama3 are.`,
  );

/**
 * From a GGUF file's metadata, and the names of its tensors where the metadata are silent.
 *
 * @throws UnsupportedError if the architecture or its rotary scaling is not read here
 * @throws FormatError if a size is missing or makes no sense
 */
export function configFromGguf(file: TensorFile, name: string): ModelConfig {
  const { tensors } = file;
  const metadata = readFields(file.metadata, "The GGUF file");
  const architecture = metadata.text("general.architecture", "unknown");
  const family = families.get(architecture);
  if (!family || metadata.count(`${architecture}.expert_count`, 0) > 0) {
    const kind = family ? `${architecture} with experts` : architecture;
    throw new UnsupportedError(
      `This GGUF model is of architecture ${kind}, which is not read here; llama, gpt2 and gptneox are.`,
    );
  }

  const key = (suffix: string) => `${architecture}.${suffix}`;
  const dModel = metadata.count(key("embedding_length"));
  const nHeads = metadata.count(key("attention.head_count"));
  const headDim = metadata.count(key("attention.key_length"), dModel / nHeads);
  const isLlama = family === "llama";
  return checked({
    family,
    name,
    nLayers: metadata.count(key("block_count")),
    dModel,
    nHeads,
    nKvHeads: metadata.count(key("attention.head_count_kv"), nHeads),
    headDim,
    dFeedForward: metadata.count(key("feed_forward_length")),
    vocab: tensors.get("token_embd.weight")?.shape[0] ?? metadata.count(key("vocab_size")),
    contextLength: metadata.count(key("context_length")),
    normEps: metadata.positive(
      key(isLlama ? "attention.layer_norm_rms_epsilon" : "attention.layer_norm_epsilon"),
    ),
    activation: isLlama ? "silu" : family === "gpt2" ? "gelu_new" : "gelu",
    tied: !tensors.has("output.weight"),
    rotary: family === "gpt2" ? null : rotaryFromGguf(file, metadata, key, headDim),
    attentionBias: !isLlama || tensors.has("blk.0.attn_q.bias"),
    mlpBias: !isLlama || tensors.has("blk.0.ffn_up.bias"),
    parallelResidual: family === "gpt_neox" && metadata.flag(key("use_parallel_residual"), true),
  });
}

const families: ReadonlyMap<string, Family> = new Map([
  ["llama", "llama"],
  ["gpt2", "gpt2"],
  ["gptneox", "gpt_neox"],
]);

function rotaryFromGguf(
  file: TensorFile,
  metadata: Fields,
  key: (suffix: string) => string,
  headDim: number,
): Rotary {
  const kind = metadata.text(key("rope.scaling.type"), "none");
  if (kind !== "none" && kind !== "linear") throw unsupportedScaling(kind);
  // Llama 3's scaling is in no key: its converter divides the frequencies by a tensor.
  const isDivided =
    file.tensors.has("rope_freqs.weight") &&
    file.read("rope_freqs.weight").some((factor) => factor !== 1);
  if (isDivided) {
    throw new UnsupportedError(
      "This GGUF model scales its rotary embedding by a tensor, rope_freqs, which is not read here. Open the same model as safetensors.",
    );
  }
  return {
    dim: metadata.count(key("rope.dimension_count"), headDim),
    base: metadata.positive(key("rope.freq_base"), 10_000),
    scaling:
      kind === "linear" ? { kind, factor: metadata.positive(key("rope.scaling.factor")) } : null,
  };
}

function activationOf(name: string): Activation {
  if (Object.hasOwn(activations, name)) return activations[name];
  throw new UnsupportedError(
    `This model's activation is ${name}, which is not read here; ${Object.keys(activations).join(", ")} are.`,
  );
}

/** What holds between sizes in every family. */
function checked(config: ModelConfig): ModelConfig {
  const { dModel, nHeads, nKvHeads, headDim, rotary } = config;
  if (!Number.isInteger(headDim)) {
    throw new FormatError(`${nHeads} attention heads do not divide the hidden size ${dModel}.`);
  }
  if (nHeads % nKvHeads !== 0) {
    throw new FormatError(`${nKvHeads} key and value heads do not divide ${nHeads} heads.`);
  }
  if (rotary && (rotary.dim % 2 !== 0 || rotary.dim > headDim || rotary.dim < 2)) {
    throw new FormatError(`${rotary.dim} of ${headDim} dimensions cannot be rotated in pairs.`);
  }
  return config;
}

type Fields = ReturnType<typeof readFields>;

/** Typed access to values that came from a file; an absent or null one takes the fallback. */
function readFields(values: ReadonlyMap<string, unknown>, where: string) {
  function take<T>(
    key: string,
    fallback: T | undefined,
    is: (value: unknown) => boolean,
    what: string,
  ): T {
    const value = values.get(key) ?? fallback;
    if (value === undefined) throw new FormatError(`${where} does not say ${key}.`);
    if (value !== fallback && !is(value)) {
      const shown = typeof value === "object" ? "an object" : JSON.stringify(value);
      throw new FormatError(`${where} says that ${key} is ${shown}, expected ${what}.`);
    }
    return value as T;
  }
  return {
    count: (key: string, fallback?: number) => take(key, fallback, isCount, "a positive integer"),
    positive: (key: string, fallback?: number) =>
      take(key, fallback, isPositive, "a positive number"),
    flag: (key: string, fallback: boolean) =>
      take(key, fallback, (v) => typeof v === "boolean", "true or false"),
    text: (key: string, fallback: string) =>
      take(key, fallback, (v) => typeof v === "string", "a string"),
    /** null where the key is absent or null. */
    fields(key: string) {
      const value = values.get(key) ?? null;
      if (value === null) return null;
      if (typeof value !== "object") throw new FormatError(`${where} says no object for ${key}.`);
      return readFields(new Map(Object.entries(value)), `${where}'s ${key}`);
    },
  };
}

const isPositive = (value: unknown) =>
  typeof value === "number" && Number.isFinite(value) && value > 0;

const isCount = (value: unknown) =>
  isPositive(value) && Number.isInteger(value) && (value as number) < 2 ** 31;
