import type { Unembed } from "../src/lens/unembed";
import { normals } from "../src/math/random";
import { GraphBuilder } from "../src/model/graph";
import type { Runtime } from "../src/model/runtime";

/** As many rows as the lens reads at once. */
const blockRows = 64;

/**
 * The peer of the lens pass: onnxruntime's own `MatMul` of `[rows, dModel]` by `[dModel, vocab]`,
 * the unembedding prepacked as the lens has it, and one element of the product fetched, so that
 * nothing is copied out.
 *
 * @returns a function that multiplies so many rows, a block at a time
 */
export async function createBareProduct(
  runtime: Runtime,
  { vocab, dModel, unembedding }: Unembed,
): Promise<(rows: number) => Promise<void>> {
  const graph = new GraphBuilder();
  const normed = graph.input("normed", "float32", ["rows", dModel]);
  const weight = graph.weight("weight", [dModel, vocab], transpose(unembedding, vocab, dModel));
  const product = graph.node("MatMul", [normed, weight]);
  const [starts, ends] = [0, 1].map((at) => graph.constant("int64", [2], [at, at]));
  graph.output(graph.node("Slice", [product, starts, ends], {}, "corner"));
  const session = await runtime.session(graph.build());
  const states = normals(blockRows * dModel, 1, 1);

  return async (rows) => {
    for (let at = 0; at < rows; at += blockRows) {
      const count = Math.min(blockRows, rows - at);
      const block = states.subarray(0, count * dModel);
      await session.run({ normed: runtime.tensor(block, [count, dModel]) });
    }
  };
}

function transpose(matrix: Float32Array, rows: number, columns: number): Float32Array {
  const transposed = new Float32Array(matrix.length);
  for (let row = 0; row < rows; ++row) {
    for (let column = 0; column < columns; ++column) {
      transposed[column * rows + row] = matrix[row * columns + column];
    }
  }
  return transposed;
}
