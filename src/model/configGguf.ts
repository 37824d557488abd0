import { UnsupportedError } from "../errors";
import type { TensorFile } from "../format/tensorFile";
import { checked, type Family, type ModelConfig, type Rotary, unsupportedScaling } from "./config";
import { type Fields, readFields } from "./configFields";

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
    nKvHeads: isLlama ? metadata.count(key("attention.head_count_kv"), nHeads) : nHeads,
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
