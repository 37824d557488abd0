import { FormatError } from "../errors";
import type { ModelInfo } from "../lens/reading";
import type { Unembed } from "../lens/unembed";
import { architectures } from "./architecture/architecture";
import type { ModelConfig } from "./config";
import type { Tokenizer } from "./tokenizer";
import type { Weights } from "./weights";

/** A model as its files hold it, before any session is made of it. */
export type Model = {
  readonly info: ModelInfo;
  readonly config: ModelConfig;
  readonly weights: Weights;
  readonly tokenizer: Tokenizer;
  /** False where texts are token ids. */
  readonly hasTokenizer: boolean;
  /** What of its files is not as hoped for, in sentences; null where all of it is. */
  readonly notice: string | null;
};

/** The name of a model's unembedding among its weights. */
export function unembeddingName({ config }: Model): string {
  const architecture = architectures[config.family];
  return config.tied ? architecture.tokenEmbedding : architecture.unembedding;
}

/** Final norm and unembedding, read from the weights: `vocab × dModel` floats, anew at each call. */
export function readUnembed(model: Model): Unembed {
  const { config, weights } = model;
  const { kind, name } = architectures[config.family].finalNorm;
  const unembedding = unembeddingName(model);
  const [vocab, dModel] = weights.shape(unembedding);
  if (dModel !== config.dModel || vocab !== config.vocab) {
    throw new FormatError(
      `${unembedding} is [${vocab}, ${dModel}], where the model's config says [${config.vocab}, ${config.dModel}].`,
    );
  }
  const bias = unembedding.replace(/weight$/, "bias");
  return {
    vocab,
    dModel,
    norm: {
      kind,
      eps: config.normEps,
      weight: weights.read(`${name}.weight`),
      bias: weights.has(`${name}.bias`) ? weights.read(`${name}.bias`) : null,
    },
    unembedding: weights.read(unembedding),
    bias: weights.has(bias) ? weights.read(bias) : null,
  };
}
