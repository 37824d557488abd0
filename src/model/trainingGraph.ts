import {
  newtonSchulzCoefficients,
  newtonSchulzEpsilon,
  newtonSchulzSteps,
} from "../lens/newtonSchulz";
import type { FinalNorm } from "../lens/unembed";
import { GraphBuilder, type OnnxModel } from "./graph";

/** Of a training graph: the final norm, and the width of a hidden state. */
type Shape = {
  readonly norm: FinalNorm;
  readonly dModel: number;
  /** False: only the biases are trained, and there is no `weightGradient`. */
  readonly isWhole: boolean;
};

/**
 * Loss and gradient of several layers over some tokens, from hidden states to `dW` and `db`, in one
 * run: `backward` of `meanRows` of `normalise`. Inputs and outputs are theirs.
 */
export function buildGradientGraph(shape: Shape): OnnxModel {
  const graph = new GraphBuilder();
  const normed = normalise(graph, shape);
  const { mean, logSumExp } = meanRows(graph, shape.dModel, normed.normed);
  graph.node("Identity", [logSumExp], {}, "logSumExp");
  backward(graph, shape, normed, mean);
  graph.output("logSumExp");
  return graph.build();
}

/**
 * The mean row of some tokens for each normed state: of the output row, or of a tile of the vocabulary.
 *
 * Input `normed` `[layers, positions, dModel]`, and those of `meanRows`; outputs `mean` of the same
 * shape and `logSumExp` `[layers, positions, 1]`.
 */
export function buildMeanRowsGraph(dModel: number): OnnxModel {
  const graph = new GraphBuilder();
  const normed = graph.input("normed", "float32", ["layers", "positions", dModel]);
  const { mean, logSumExp } = meanRows(graph, dModel, normed);
  for (const [name, value] of Object.entries({ mean, logSumExp })) {
    graph.node("Identity", [value], {}, name);
    graph.output(name);
  }
  return graph.build();
}

/**
 * What is left of the gradient once the mean rows are there, of all the vocabulary. Input `mean`
 * `[layers, positions, dModel]`, and those of `normalise` and `backward`.
 */
export function buildBackwardGraph(shape: Shape): OnnxModel {
  const graph = new GraphBuilder();
  const mean = graph.input("mean", "float32", ["layers", "positions", shape.dModel]);
  backward(graph, shape, normalise(graph, shape), mean);
  return graph.build();
}

/**
 * Σ h_l h_lᵀ and Σ h_l h_Lᵀ over positions.
 *
 * Inputs `hidden` `[layers, positions, dModel]` and `final` `[positions, dModel]`; outputs `squares` and
 * `products` `[layers, dModel, dModel]`, row of `h_l`.
 */
export function buildMomentsGraph(dModel: number): OnnxModel {
  const graph = new GraphBuilder();
  const hidden = graph.input("hidden", "float32", ["layers", "positions", dModel]);
  const final = graph.input("final", "float32", ["positions", dModel]);
  graph.node("FusedMatMul", [hidden, hidden], { transA: 1 }, "squares");
  graph.node("FusedMatMul", [hidden, final], { transA: 1 }, "products");
  for (const name of ["squares", "products"]) graph.output(name);
  return graph.build();
}

/**
 * `lens/newtonSchulz.ts` as a graph. Input `matrix` and output `orthogonal`, `[dModel, dModel]`.
 */
export function buildOrthogonaliseGraph(dModel: number): OnnxModel {
  const [a, b, c] = newtonSchulzCoefficients;
  const graph = new GraphBuilder();
  const number = (value: number) => graph.constant("float32", [], [value]);
  const matrix = graph.input("matrix", "float32", [dModel, dModel]);
  const norm = graph.node("ReduceL2", [matrix]);
  let x = graph.node("Div", [matrix, graph.node("Max", [norm, number(newtonSchulzEpsilon)])]);
  for (let step = 0; step < newtonSchulzSteps; ++step) {
    const gram = graph.node("FusedMatMul", [x, x], { transB: 1 });
    const square = graph.node("FusedMatMul", [gram, gram], { alpha: c });
    const polynomial = graph.node("Add", [graph.node("Mul", [gram, number(b)]), square]);
    const scaled = graph.node("Mul", [x, number(a)]);
    x = graph.node("Add", [scaled, graph.node("MatMul", [polynomial, x])]);
  }
  graph.node("Identity", [x], {}, "orthogonal");
  graph.output("orthogonal");
  return graph.build();
}

/** A normed state, and what the way back through the norm needs. */
type Normed = {
  readonly hidden: string;
  readonly normed: string;
  /** The norm's weight. */
  readonly weight: string;
  /** Before the norm's weight and bias. */
  readonly unscaled: string;
  /** 1 / rms or 1 / deviation, `[layers, positions, 1]`. */
  readonly inverse: string;
};

/**
 * Translates and norms: `norm(h + W h + b)`.
 *
 * Inputs `hidden` `[layers, positions, dModel]`, `weight` `[layers, dModel, dModel]`, `bias`
 * `[layers, 1, dModel]`.
 */
function normalise(graph: GraphBuilder, { norm, dModel }: Shape): Normed {
  const hidden = graph.input("hidden", "float32", ["layers", "positions", dModel]);
  const matrix = graph.input("weight", "float32", ["layers", dModel, dModel]);
  const bias = graph.input("bias", "float32", ["layers", 1, dModel]);
  const change = graph.node("FusedMatMul", [hidden, matrix], { transB: 1 });
  const translated = graph.node("Add", [graph.node("Add", [hidden, change]), bias]);

  const ones = graph.constant("float32", [dModel], Array(dModel).fill(1));
  const isRms = norm.kind === "rms";
  const [unscaled, inverse] = ["unscaled", "inverse"];
  graph.nodes(
    isRms ? "SimplifiedLayerNormalization" : "LayerNormalization",
    [translated, ones],
    isRms ? [unscaled, inverse] : [unscaled, "", inverse],
    { axis: -1, epsilon: norm.eps },
  );
  const weight = graph.weight("norm.weight", [dModel], norm.weight);
  let normed = graph.node("Mul", [unscaled, weight]);
  if (norm.bias) {
    normed = graph.node("Add", [normed, graph.weight("norm.bias", [dModel], norm.bias)]);
  }
  return { hidden, normed, weight, unscaled, inverse };
}

/**
 * Rows of the unembedding averaged under each state's distribution over them, and ln Σ e^z.
 *
 * Inputs `rows` `[tokens, dModel]` and `offsets` `[tokens]`, which are added to the logits. A pass over
 * the logits costs a twentieth of a product or less, so that there need not be few; ln Σ e^z is
 * that of the likeliest token, whose probability never vanishes.
 */
function meanRows(graph: GraphBuilder, dModel: number, normed: string) {
  const rows = graph.input("rows", "float32", ["tokens", dModel]);
  const offsets = graph.input("offsets", "float32", ["tokens"]);
  const last = graph.constant("int64", [1], [2]);
  const product = graph.node("FusedMatMul", [normed, rows], { transB: 1 });
  const logits = graph.node("Add", [product, offsets]);
  const probs = graph.node("Softmax", [logits], { axis: -1 });
  const highest = graph.node("ReduceMax", [logits, last]);
  const logProb = graph.node("Log", [graph.node("ReduceMax", [probs, last])]);
  return {
    mean: graph.node("MatMul", [probs, rows]),
    logSumExp: graph.node("Sub", [highest, logProb]),
  };
}

/**
 * From the gradient in the normed state, `mean − aim`, to those of `W` and `b`.
 *
 * With `x̂` the state before the norm's weight `w`, `r` its scale and `u = w ∘ (mean − aim)`, the gradient
 * in the translated state is `r (u − x̂ mean(u ∘ x̂))`, and where the norm takes the mean away, so does
 * the gradient: `r (u − mean(u) − x̂ mean(u ∘ x̂))`.
 *
 * | input | shape | |
 * |---|---|---|
 * | `aim` | `[positions, dModel]` | the mean row of the output row, or the next token's row |
 * | `scale` | `[positions, 1]` | what a position counts for: 1 over their number, or 0 |
 *
 * | output | shape | |
 * |---|---|---|
 * | `weightGradient` | `[layers, dModel, dModel]` | |
 * | `biasGradient` | `[layers, 1, dModel]` | |
 * | `aimLogits` | `[layers, positions, 1]` | `aim · normed` |
 */
function backward(graph: GraphBuilder, shape: Shape, state: Normed, mean: string): void {
  const { norm, dModel, isWhole } = shape;
  const { hidden, normed, weight, unscaled, inverse } = state;
  const aim = graph.input("aim", "float32", ["positions", dModel]);
  const scale = graph.input("scale", "float32", ["positions", 1]);
  const last = graph.constant("int64", [1], [2]);
  const up = graph.node("Mul", [graph.node("Sub", [mean, aim]), weight]);
  const along = graph.node("ReduceMean", [graph.node("Mul", [up, unscaled]), last]);
  let within = graph.node("Sub", [up, graph.node("Mul", [unscaled, along])]);
  if (norm.kind === "layer") {
    within = graph.node("Sub", [within, graph.node("ReduceMean", [up, last])]);
  }
  const gradient = graph.node("Mul", [within, graph.node("Mul", [inverse, scale])]);
  graph.node("ReduceSum", [gradient, graph.constant("int64", [1], [1])], {}, "biasGradient");
  graph.node("ReduceSum", [graph.node("Mul", [normed, aim]), last], {}, "aimLogits");
  for (const name of ["biasGradient", "aimLogits"]) graph.output(name);
  if (!isWhole) return;
  graph.node("FusedMatMul", [gradient, hidden], { transA: 1 }, "weightGradient");
  graph.output("weightGradient");
}
