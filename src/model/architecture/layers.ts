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

export function weight({ graph, weights }: Omit<Build, "config">, name: string): string {
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

/** The names of the values that every block of a graph shares. */
export const shared = {
  totalMinusOne: "positions.total-1",
  total: "positions.total",
  cos: "rotary.cos",
  sin: "rotary.sin",
} as const;

/** The graph's inputs and outputs that carry one layer's keys and values, `[1, kvHeads, positions, headDim]`. */
export const cacheNames = (layer: number) => ({
  past: [`past.key.${layer}`, `past.value.${layer}`] as const,
  present: [`present.key.${layer}`, `present.value.${layer}`] as const,
});

/**
 * Causal grouped-query attention of the new positions over the past ones and themselves.
 *
 * @param query `[positions, nHeads · headDim]`; rotary, where the model has it, is applied here
 * @param key `[positions, nKvHeads · headDim]`, and `value` alike
 * @returns `[positions, nHeads · headDim]`
 */
export function attention(
  { graph, config }: Build,
  layer: number,
  query: string,
  key: string,
  value: string,
): string {
  const batch = graph.constant("int64", [1], [0]);
  const batched = [query, key, value].map((x) => graph.node("Unsqueeze", [x, batch]));
  const { past, present } = cacheNames(layer);
  const dims = [1, config.nKvHeads, `past`, config.headDim];
  for (const name of past) graph.input(name, "float32", dims);
  const out = `attention.${layer}`;
  graph.nodes(
    "GroupQueryAttention",
    [
      ...batched,
      ...past,
      shared.totalMinusOne,
      shared.total,
      ...(config.rotary ? [shared.cos, shared.sin] : []),
    ],
    [out, ...present],
    {
      num_heads: config.nHeads,
      kv_num_heads: config.nKvHeads,
      do_rotary: config.rotary ? 1 : 0,
    },
  );
  for (const name of present) graph.output(name);
  return graph.node("Squeeze", [out, batch]);
}
