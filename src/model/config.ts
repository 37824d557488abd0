import { FormatError, UnsupportedError } from "../errors";

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

export const unsupportedScaling = (kind: string) =>
  new UnsupportedError(
    `This model scales its rotary embedding by ${kind}, which is not read here; linear and llama3 are.`,
  );

export function activationOf(name: string): Activation {
  if (Object.hasOwn(activations, name)) return activations[name];
  throw new UnsupportedError(
    `This model's activation is ${name}, which is not read here; ${Object.keys(activations).join(", ")} are.`,
  );
}

/** What holds between sizes in every family. */
export function checked(config: ModelConfig): ModelConfig {
  const { dModel, nHeads, nKvHeads, headDim, rotary, vocab } = config;
  if (vocab < 1) throw new FormatError("The model's vocabulary is empty.");
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
