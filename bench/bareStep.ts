import { normals } from "../src/math/random";
import { GraphBuilder } from "../src/model/graph";
import type { Runtime } from "../src/model/runtime";

type Sizes = {
  readonly positions: number;
  readonly layers: number;
  readonly tokens: number;
  readonly dModel: number;
};

/**
 * The peer of a training step: onnxruntime's own `MatMul` of the shapes that a gradient has, several
 * layers at once as the training does them: translation, logits, mean rows, and the translators' gradient.
 * The tokens' rows are prepacked, and one element of each product is fetched, so that nothing is copied out.
 *
 * @param layersPerRun divides `layers`
 * @returns a function that multiplies once
 */
export async function createBareStep(
  runtime: Runtime,
  { positions, layers, tokens, dModel }: Sizes,
  layersPerRun: number,
): Promise<() => Promise<void>> {
  const graph = new GraphBuilder();
  const states = [layersPerRun, positions, dModel];
  const square = [layersPerRun, dModel, dModel];
  const hidden = graph.input("hidden", "float32", states);
  const weight = graph.input("weight", "float32", square);
  const transposed = graph.input("transposed", "float32", [layersPerRun, dModel, positions]);
  const rows = normals(tokens * dModel, 1, 1);
  const unembed = graph.weight("unembed", [dModel, tokens], rows);
  const average = graph.weight("average", [tokens, dModel], rows);
  const translated = graph.node("MatMul", [hidden, weight]);
  const mean = graph.node("MatMul", [graph.node("MatMul", [translated, unembed]), average]);
  const gradient = graph.node("MatMul", [transposed, mean]);
  const [starts, ends] = [0, 1].map((at) => graph.constant("int64", [3], [at, at, at]));
  graph.output(graph.node("Slice", [gradient, starts, ends], {}, "corner"));
  const session = await runtime.session(graph.build());
  const random = (size: number) => normals(size, 0.1, 2);
  const values = random(layersPerRun * positions * dModel);
  const matrices = random(layersPerRun * dModel * dModel);

  return async () => {
    for (let layer = 0; layer < layers; layer += layersPerRun) {
      await session.run({
        hidden: runtime.tensor(values, states),
        weight: runtime.tensor(matrices, square),
        transposed: runtime.tensor(values, [layersPerRun, dModel, positions]),
      });
    }
  };
}
