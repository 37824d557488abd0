import type { ModelConfig } from "../config";
import type { GraphBuilder } from "../graph";
import type { Weights } from "../weights";

/** What a family's block is written with: the graph, the config and the weights it reads. */
export type Build = {
  readonly graph: GraphBuilder;
  readonly config: ModelConfig;
  readonly weights: Weights;
};

/** `x Wᵀ + b` of a Linear whose weight is `[out, in]`, as PyTorch stores it; the bias where there is one. */
export function linear({ graph, weights }: Build, x: string, name: string): string {
  const inputs = [x, weight({ graph, weights }, `${name}.weight`)];
  if (weights.has(`${name}.bias`)) inputs.push(weight({ graph, weights }, `${name}.bias`));
  return graph.node("Gemm", inputs, { transB: 1 });
}

/** `x W + b` of GPT-2's Conv1D, whose weight is `[in, out]`. */
export function conv1d({ graph, weights }: Build, x: string, name: string): string {
  return graph.node("Gemm", [
    x,
    weight({ graph, weights }, `${name}.weight`),
    weight({ graph, weights }, `${name}.bias`),
  ]);
}

function weight({ graph, weights }: Omit<Build, "config">, name: string): string {
  return graph.weight(name, weights.shape(name), weights.read(name));
}

export function rmsNorm(build: Build, x: string, name: string): string {
  const scale = weight(build, `${name}.weight`);
  return build.graph.node("SimplifiedLayerNormalization", [x, scale], {
    axis: -1,
    epsilon: build.config.normEps,
  });
}

export function layerNorm(build: Build, x: string, name: string): string {
  const inputs = [x, weight(build, `${name}.weight`), weight(build, `${name}.bias`)];
  return build.graph.node("LayerNormalization", inputs, {
    axis: -1,
    epsilon: build.config.normEps,
  });
}

/** The feed-forward's activation. */
export function activation({ graph, config }: Build, x: string): string {
  switch (config.activation) {
    case "silu":
      return graph.node("Mul", [x, graph.node("Sigmoid", [x])]);
    case "gelu":
      return graph.node("Gelu", [x]);
    case "gelu_new":
      return graph.node("FastGelu", [x]);
    case "relu":
      return graph.node("Relu", [x]);
  }
}

/** The names of the inputs and weights that every block of a graph shares. */
export const shared = {
  /** `[positions, past + positions]`: 0 where a position may look, `hiddenFromSight` where it may not. */
  mask: "attention.mask",
  /** `[3]`, int64: `lanes, −1, headDim`, the shape that parts the rows of several texts. */
  lanes: "attention.lanes",
  /** `[lanes, positions]`, int64: where in its text each row is. */
  positionIds: "rotary.positions",
  cos: "rotary.cos",
  sin: "rotary.sin",
} as const;

/** Far below any score, and no infinity: WebGPU has none. */
export const hiddenFromSight = -1e30;

/** The graph's inputs and outputs that carry one layer's keys and values, `[lanes, nKvHeads, positions, headDim]`. */
export const cacheNames = (layer: number) => ({
  past: [`past.key.${layer}`, `past.value.${layer}`] as const,
  present: [`present.key.${layer}`, `present.value.${layer}`] as const,
});

/**
 * Causal grouped-query attention of the new positions over the past ones and themselves. A lane is a
 * text, and sees its own positions only; the new positions of all lanes are as many.
 *
 * Of plain products: onnxruntime's fused GroupQueryAttention gives the same numbers, but on wasm takes
 * 16 ms a layer for 64 positions after 192, where this takes 2.
 *
 * @param query `[lanes · positions, nHeads · headDim]`; rotary, where the model has it, is applied here
 * @param key `[lanes · positions, nKvHeads · headDim]`, and `value` alike
 * @returns `[lanes · positions, nHeads · headDim]`
 */
export function attention(
  build: Build,
  layer: number,
  query: string,
  key: string,
  value: string,
): string {
  const { graph, config } = build;
  const { nHeads, nKvHeads, headDim } = config;
  // In a shape 0 is the dimension that is there, and −1 what is left.
  const reshape = (x: string, ...shape: number[]) =>
    graph.node("Reshape", [x, graph.constant("int64", [shape.length], shape)]);
  const transpose = (x: string, ...perm: number[]) => graph.node("Transpose", [x], { perm });
  const perHead = (x: string, heads: number) => {
    const parted = graph.node("Reshape", [x, shared.lanes]);
    return transpose(reshape(parted, 0, -1, heads, headDim), 0, 2, 1, 3);
  };
  const rotated = (x: string) => (config.rotary ? rotary(build, x) : x);

  const { past, present } = cacheNames(layer);
  const [keys, values] = [rotated(perHead(key, nKvHeads)), perHead(value, nKvHeads)].map((x, i) => {
    graph.input(past[i], "float32", ["lanes", nKvHeads, "past", headDim]);
    graph.node("Concat", [past[i], x], { axis: 2 }, present[i]);
    graph.output(present[i]);
    return present[i];
  });

  // The query heads of one key head lie side by side, so that they are one matrix.
  const queries = reshape(rotated(perHead(query, nHeads)), 0, nKvHeads, -1, headDim);
  const scaled = graph.node("Mul", [queries, graph.constant("float32", [], [headDim ** -0.5])]);
  const scores = graph.node("MatMul", [scaled, transpose(keys, 0, 1, 3, 2)]);
  const masked = graph.node("Add", [reshape(scores, 0, nHeads, -1, 0), shared.mask]);
  const weights = reshape(graph.node("Softmax", [masked], { axis: -1 }), 0, nKvHeads, -1, 0);
  const read = reshape(graph.node("MatMul", [weights, values]), 0, nHeads, -1, headDim);
  return reshape(transpose(read, 0, 2, 1, 3), -1, nHeads * headDim);
}

/** @param x `[lanes, heads, positions, headDim]` */
function rotary({ graph, config }: Build, x: string): string {
  const isPartial = config.rotary!.dim < config.headDim;
  return graph.node("RotaryEmbedding", [x, shared.positionIds, shared.cos, shared.sin], {
    ...(isPartial && { rotary_embedding_dim: config.rotary!.dim, num_heads: config.nHeads }),
  });
}
