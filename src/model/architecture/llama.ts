import type { Architecture } from "./architecture";
import { activation, attention, linear, rmsNorm } from "./layers";

/** Llama and what is built like it: SmolLM2, Mistral. transformers `models/llama/modeling_llama.py`. */
export const llama: Architecture = {
  tokenEmbedding: "embed_tokens.weight",
  positionEmbedding: null,
  finalNorm: { kind: "rms", name: "norm" },
  unembedding: "lm_head.weight",
  block(build, layer, hidden) {
    const { graph } = build;
    const of = (name: string) => `layers.${layer}.${name}`;
    const x = rmsNorm(build, hidden, of("input_layernorm"));
    const [query, key, value] = ["q", "k", "v"].map((p) =>
      linear(build, x, of(`self_attn.${p}_proj`)),
    );
    const read = attention(build, layer, query, key, value);
    const middle = graph.node("Add", [hidden, linear(build, read, of("self_attn.o_proj"))]);

    const y = rmsNorm(build, middle, of("post_attention_layernorm"));
    const gate = activation(build, linear(build, y, of("mlp.gate_proj")));
    const gated = graph.node("Mul", [gate, linear(build, y, of("mlp.up_proj"))]);
    return graph.node("Add", [middle, linear(build, gated, of("mlp.down_proj"))]);
  },
};
