import type { Architecture } from "./architecture";
import { activation, attention, conv1d, layerNorm } from "./layers";

/** GPT-2. transformers `models/gpt2/modeling_gpt2.py`. */
export const gpt2: Architecture = {
  tokenEmbedding: "wte.weight",
  positionEmbedding: "wpe.weight",
  finalNorm: { kind: "layer", name: "ln_f" },
  unembedding: "lm_head.weight",
  block(build, layer, hidden) {
    const { graph } = build;
    const of = (name: string) => `h.${layer}.${name}`;
    const qkv = conv1d(build, layerNorm(build, hidden, of("ln_1")), of("attn.c_attn"));
    const [query, key, value] = ["query", "key", "value"].map((name) => of(name));
    graph.nodes("Split", [qkv], [query, key, value], { axis: 1, num_outputs: 3 });
    const read = attention(build, layer, query, key, value);
    const middle = graph.node("Add", [hidden, conv1d(build, read, of("attn.c_proj"))]);

    const y = conv1d(build, layerNorm(build, middle, of("ln_2")), of("mlp.c_fc"));
    return graph.node("Add", [middle, conv1d(build, activation(build, y), of("mlp.c_proj"))]);
  },
};
