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
 * With `s` the logits from the likeliest down (`z − max z ≤ 0`, so that float32 keeps the digits
 * that the sums are made of), `e = exp s`, and `f` the same of the output row at that position:
 *
 * | input | shape | |
 * |---|---|---|
 * | `normed` | `[layers, positions, dModel]` | |
 * | `finalExps` | `[positions, vocab]` | `f` |
 * | `wanted` | `[layers, positions, 2]` | int64, the next token and the final row's likeliest one |
 * | `k` | `[1]` | int64 |
 *
 * | output | shape | |
 * |---|---|---|
 * | `topLogits`, `topIds` | `[layers, positions, k]` | likeliest first; equal: the lower id first |
 * | `sum` | `[layers · positions]` | Σ e, in `[1, vocab]` |
 * | `ownSum` | `[layers · positions]` | Σ e s |
 * | `finalSum` | `[layers · positions]` | Σ f s |
 * | `wantedLogits` | `[layers, positions, 2]` | `s` of those tokens |
 * | `above` | `[layers, positions, 1]` | int32, how many logits are above the next token's |
 * | `exps` | `[layers, positions, vocab]` | fetched for the output row alone, as the others' `finalExps` |
 *
 * Each operator passes over the block once, so the list is short on purpose: there is no softmax (its
 * normalisation is a pass more, and its sum is off by 1e-4), and the count runs on bytes.
 */
export function buildUnembedGraph({ vocab, dModel, unembedding, bias }: Unembed): OnnxModel {
  const graph = new GraphBuilder();
  const normed = graph.input("normed", "float32", ["layers", "positions", dModel]);
  const finalExps = graph.input("finalExps", "float32", ["finalPositions", vocab]);
  const wanted = graph.input("wanted", "int64", ["layers", "positions", 2]);
  const k = graph.input("k", "int64", [1]);
  const [zero, one, axis] = [0, 1, 2].map((value) => graph.constant("int64", [1], [value]));
  const first = (x: string) => graph.node("Slice", [x, zero, one, axis]);
  // The runtime adds one term after the other, which over a vocabulary is off by 1e-4: sums of sums. The
  // inner ones are means of an average pool, which is vectorised where ReduceSum is not.
  const run = nearRoot(vocab);
  const runs = graph.constant("int64", [3], [1, -1, run]);
  const perRow = graph.constant("int64", [2], [-1, vocab / run]);
  const scale = graph.constant("float32", [], [run]);
  const sum = (x: string, name: string) => {
    const means = graph.node("GlobalAveragePool", [graph.node("Reshape", [x, runs])]);
    const total = graph.node("ReduceSum", [graph.node("Reshape", [means, perRow]), one], {
      keepdims: 0,
    });
    graph.node("Mul", [total, scale], {}, name);
  };

  let logits = graph.node(
    "FusedMatMul",
    [normed, graph.weight("unembedding", [vocab, dModel], unembedding)],
    { transB: 1 },
  );
  if (bias) logits = graph.node("Add", [logits, graph.weight("bias", [vocab], bias)]);
  graph.nodes("TopK", [logits, k], ["topLogits", "topIds"], { axis: -1 });
  const shifted = graph.node("Sub", [logits, first("topLogits")]);

  graph.node("Exp", [shifted], {}, "exps");
  sum("exps", "sum");
  sum(graph.node("Mul", ["exps", shifted]), "ownSum");
  sum(graph.node("Mul", [shifted, finalExps]), "finalSum");

  // The next token's logit is taken from the product itself, so that it is never above itself.
  graph.node("GatherElements", [shifted, wanted], { axis: 2 }, "wantedLogits");
  const [yes, no] = [1, 0].map((value) => graph.constant("uint8", [], [value]));
  const isAbove = graph.node("Where", [
    graph.node("Greater", [shifted, first("wantedLogits")]),
    yes,
    no,
  ]);
  const ones = graph.constant("uint8", [vocab, 1], Array(vocab).fill(1));
  graph.node("MatMulInteger", [isAbove, ones], {}, "above");

  const floats = ["topLogits", "sum", "ownSum", "finalSum", "wantedLogits", "exps"];
  for (const name of floats) graph.output(name);
  graph.output("topIds", "int64");
  graph.output("above", "int32");
  return graph.build();
}

/** The divisor of `n` that is nearest to its root from above: 256 of 49,152. */
function nearRoot(n: number): number {
  let divisor = Math.ceil(Math.sqrt(n));
  while (n % divisor !== 0) ++divisor;
  return divisor;
}
