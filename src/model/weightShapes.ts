import { architectures } from "./architecture/architecture";
import type { Family, ModelConfig } from "./config";

type Shape = readonly number[];

/** What a block has, by names without the layer, as `architecture/` reads it. */
type BlockShapes = {
  readonly required: Readonly<Record<string, Shape>>;
  /** Biases of Linears: one that is not there is zero. */
  readonly optional: Readonly<Record<string, Shape>>;
};

export type WeightShape = { readonly shape: Shape; readonly isOptional: boolean };

/** The weights that a model of this config has, by their canonical names (`Weights`). */
export function weightShapes(config: ModelConfig): ReadonlyMap<string, WeightShape> {
  const { family, vocab, dModel, contextLength, nLayers, tied } = config;
  const { tokenEmbedding, positionEmbedding, finalNorm, unembedding } = architectures[family];
  const shapes = new Map<string, WeightShape>();
  const put = (name: string, shape: Shape, isOptional = false) =>
    shapes.set(name, { shape, isOptional });

  put(tokenEmbedding, [vocab, dModel]);
  if (positionEmbedding) put(positionEmbedding, [contextLength, dModel]);
  put(`${finalNorm.name}.weight`, [dModel]);
  if (finalNorm.kind === "layer") put(`${finalNorm.name}.bias`, [dModel]);
  if (!tied) put(unembedding, [vocab, dModel]);
  const { layers } = blocks[family];
  const { required, optional } = blockWeights(config);
  for (let layer = 0; layer < nLayers; ++layer) {
    for (const [name, shape] of Object.entries(required)) put(`${layers}.${layer}.${name}`, shape);
    for (const [name, shape] of Object.entries(optional)) {
      put(`${layers}.${layer}.${name}`, shape, true);
    }
  }
  return shapes;
}

/** The weights that each block has. */
export const blockWeights = (config: ModelConfig): BlockShapes =>
  blocks[config.family].shapesOf(config);

const blocks: Readonly<
  Record<Family, { layers: string; shapesOf: (config: ModelConfig) => BlockShapes }>
> = {
  llama: { layers: "layers", shapesOf: llama },
  gpt2: { layers: "h", shapesOf: gpt2 },
  gpt_neox: { layers: "layers", shapesOf: gptNeoX },
};

function llama(config: ModelConfig): BlockShapes {
  const { dModel, nHeads, nKvHeads, headDim, dFeedForward, attentionBias, mlpBias } = config;
  const [queries, keys] = [nHeads * headDim, nKvHeads * headDim];
  return {
    required: {
      "input_layernorm.weight": [dModel],
      "self_attn.q_proj.weight": [queries, dModel],
      "self_attn.k_proj.weight": [keys, dModel],
      "self_attn.v_proj.weight": [keys, dModel],
      "self_attn.o_proj.weight": [dModel, queries],
      "post_attention_layernorm.weight": [dModel],
      "mlp.gate_proj.weight": [dFeedForward, dModel],
      "mlp.up_proj.weight": [dFeedForward, dModel],
      "mlp.down_proj.weight": [dModel, dFeedForward],
    },
    optional: {
      ...(attentionBias && {
        "self_attn.q_proj.bias": [queries],
        "self_attn.k_proj.bias": [keys],
        "self_attn.v_proj.bias": [keys],
        "self_attn.o_proj.bias": [dModel],
      }),
      ...(mlpBias && {
        "mlp.gate_proj.bias": [dFeedForward],
        "mlp.up_proj.bias": [dFeedForward],
        "mlp.down_proj.bias": [dModel],
      }),
    },
  };
}

/** Its Conv1Ds are `[in, out]`. */
function gpt2({ dModel, nHeads, headDim, dFeedForward }: ModelConfig): BlockShapes {
  const width = nHeads * headDim;
  return {
    required: {
      "ln_1.weight": [dModel],
      "ln_1.bias": [dModel],
      "attn.c_attn.weight": [dModel, 3 * width],
      "attn.c_attn.bias": [3 * width],
      "attn.c_proj.weight": [width, dModel],
      "attn.c_proj.bias": [dModel],
      "ln_2.weight": [dModel],
      "ln_2.bias": [dModel],
      "mlp.c_fc.weight": [dModel, dFeedForward],
      "mlp.c_fc.bias": [dFeedForward],
      "mlp.c_proj.weight": [dFeedForward, dModel],
      "mlp.c_proj.bias": [dModel],
    },
    optional: {},
  };
}

function gptNeoX(config: ModelConfig): BlockShapes {
  const { dModel, nHeads, headDim, dFeedForward, attentionBias, mlpBias } = config;
  const width = nHeads * headDim;
  return {
    required: {
      "input_layernorm.weight": [dModel],
      "input_layernorm.bias": [dModel],
      "attention.query_key_value.weight": [3 * width, dModel],
      "attention.dense.weight": [dModel, width],
      "post_attention_layernorm.weight": [dModel],
      "post_attention_layernorm.bias": [dModel],
      "mlp.dense_h_to_4h.weight": [dFeedForward, dModel],
      "mlp.dense_4h_to_h.weight": [dModel, dFeedForward],
    },
    optional: {
      ...(attentionBias && {
        "attention.query_key_value.bias": [3 * width],
        "attention.dense.bias": [dModel],
      }),
      ...(mlpBias && {
        "mlp.dense_h_to_4h.bias": [dFeedForward],
        "mlp.dense_4h_to_h.bias": [dModel],
      }),
    },
  };
}
