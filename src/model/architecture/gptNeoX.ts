import type { Architecture } from "./architecture";
import { activation, attention, type Build, layerNorm, linear } from "./layers";

/** GPT-NeoX, and so Pythia. transformers `models/gpt_neox/modeling_gpt_neox.py`. */
export const gptNeoX: Architecture = {
  tokenEmbedding: "embed_in.weight",
  positionEmbedding: null,
  finalNorm: { kind: "layer", name: "final_layer_norm" },
  unembedding: "embed_out.weight",
  block(build, layer, hidden) {
    const { graph, config } = build;
    const of = (name: string) => `layers.${layer}.${name}`;
    const x = layerNorm(build, hidden, of("input_layernorm"));
    const [query, key, value] = queryKeyValue(build, x, of("attention.query_key_value"));
    const read = linear(build, attention(build, layer, query, key, value), of("attention.dense"));
    const middle = graph.node("Add", [hidden, read]);

    const y = layerNorm(
      build,
      config.parallelResidual ? hidden : middle,
      of("post_attention_layernorm"),
    );
    const fed = activation(build, linear(build, y, of("mlp.dense_h_to_4h")));
    return graph.node("Add", [middle, linear(build, fed, of("mlp.dense_4h_to_h"))]);
  },
};

/** One Linear holds query, key and value head by head, `[heads, 3, headDim, in]`: it is taken apart into three. */
function queryKeyValue({ graph, config, weights }: Build, x: string, name: string): string[] {
  const { nHeads, headDim, dModel } = config;
  const part = (all: Float32Array, which: number, width: number) => {
    const run = headDim * width;
    const out = new Float32Array(nHeads * run);
    for (let head = 0; head < nHeads; ++head) {
      const start = (3 * head + which) * run;
      out.set(all.subarray(start, start + run), head * run);
    }
    return out;
  };
  const weight = weights.read(`${name}.weight`);
  const bias = weights.has(`${name}.bias`) ? weights.read(`${name}.bias`) : null;
  return ["query", "key", "value"].map((which, i) => {
    const rows = nHeads * headDim;
    const inputs = [
      x,
      graph.weight(`${name}.${which}.weight`, [rows, dModel], part(weight, i, dModel)),
    ];
    if (bias) inputs.push(graph.weight(`${name}.${which}.bias`, [rows], part(bias, i, 1)));
    return graph.node("Gemm", inputs, { transB: 1 });
  });
}
