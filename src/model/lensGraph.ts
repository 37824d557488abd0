import type { FinalNorm, Unembed } from "../lens/unembed";
import { GraphBuilder, type OnnxModel } from "./graph";

/**
 * Translate and norm: `norm(h + W h + b)`.
 *
 * Inputs `hidden` `[positions, dModel]`, `weight` `[dModel, dModel]`, `bias` `[dModel]`; output
 * `normed` `[positions, dModel]`. The translator is an input, so that one session serves every layer
 * and every lens; `isTranslated` false leaves it out.
 */
export function buildTranslateGraph(
  norm: FinalNorm,
  dModel: number,
  isTranslated: boolean,
): OnnxModel {
  const graph = new GraphBuilder();
  let hidden = graph.input("hidden", "float32", ["positions", dModel]);
  if (isTranslated) {
    const weight = graph.input("weight", "float32", [dModel, dModel]);
    const bias = graph.input("bias", "float32", [dModel]);
    const change = graph.node("Gemm", [hidden, weight, bias], { transB: 1 });
    hidden = graph.node("Add", [hidden, change]);
  }
  const inputs = [hidden, graph.weight("norm.weight", [dModel], norm.weight)];
  if (norm.bias) inputs.push(graph.weight("norm.bias", [dModel], norm.bias));
  const operator = norm.kind === "rms" ? "SimplifiedLayerNormalization" : "LayerNormalization";
  graph.node(operator, inputs, { axis: -1, epsilon: norm.eps }, "normed");
  graph.output("normed");
  return graph.build();
}

/**
 * Unembed and reduce: what is left of a block of logits, which never leaves the runtime.
 *
 * | input | shape | |
 * |---|---|---|
 * | `normed` | `[layers, positions, dModel]` | |
 * | `final` | `[positions, vocab]` | the model's own probabilities of the same positions |
 * | `wanted` | `[layers, positions, 2]` | int64, the next token and the final row's likeliest one |
 * | `k` | `[1]` | int64 |
 *
 * | output | shape | |
 * |---|---|---|
 * | `topLogits`, `topIds` | `[layers, positions, k]` | likeliest first; equal: the lower id first |
 * | `maxProb` | `[layers, positions, 1]` | |
 * | `ownMean` | `[layers, positions]` | Σ q z: the entropy, but for the log-sum-exp |
 * | `finalMean` | `[layers, positions]` | Σ p z: the divergence, but for the same and H(p) |
 * | `wantedLogits` | `[layers, positions, 2]` | |
 * | `above` | `[layers, positions, 1]` | int32, how many logits are above the next token's |
 * | `probs` | `[layers, positions, vocab]` | fetched for the output row alone, as the others' `final` |
 *
 * Each operator here passes over the block once, so the list is short on purpose: the softmax is one
 * fused pass, its largest value is gathered and not searched, and the count runs on bytes.
 */
export function buildUnembedGraph({ vocab, dModel, unembedding, bias }: Unembed): OnnxModel {
  const graph = new GraphBuilder();
  const normed = graph.input("normed", "float32", ["layers", "positions", dModel]);
  const final = graph.input("final", "float32", ["finalPositions", vocab]);
  const wanted = graph.input("wanted", "int64", ["layers", "positions", 2]);
  const k = graph.input("k", "int64", [1]);
  const [zero, one, axis] = [0, 1, 2].map((value) => graph.constant("int64", [1], [value]));
  const sum = (x: string, name: string) => graph.node("ReduceSum", [x, axis], { keepdims: 0 }, name);

  let logits = graph.node(
    "FusedMatMul",
    [normed, graph.weight("unembedding", [vocab, dModel], unembedding)],
    { transB: 1 },
  );
  if (bias) logits = graph.node("Add", [logits, graph.weight("bias", [vocab], bias)]);

  graph.nodes("TopK", [logits, k], ["topLogits", "topIds"], { axis: -1 });
  graph.node("Softmax", [logits], { axis: -1 }, "probs");
  const likeliest = graph.node("Slice", ["topIds", zero, one, axis]);
  graph.node("GatherElements", ["probs", likeliest], { axis: 2 }, "maxProb");
  sum(graph.node("Mul", ["probs", logits]), "ownMean");
  sum(graph.node("Mul", [logits, final]), "finalMean");

  // The next token's logit is taken from the product itself, so that it is never above itself.
  graph.node("GatherElements", [logits, wanted], { axis: 2 }, "wantedLogits");
  const next = graph.node("Slice", ["wantedLogits", zero, one, axis]);
  const isAbove = graph.cast(graph.node("Greater", [logits, next]), "uint8");
  const ones = graph.constant("uint8", [vocab, 1], Array(vocab).fill(1));
  graph.node("MatMulInteger", [isAbove, ones], {}, "above");

  const floats = ["topLogits", "maxProb", "ownMean", "finalMean", "wantedLogits", "probs"];
  for (const name of floats) graph.output(name);
  graph.output("topIds", "int64");
  graph.output("above", "int32");
  return graph.build();
}
