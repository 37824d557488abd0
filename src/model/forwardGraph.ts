import { architectures } from "./architecture/architecture";
import { shared } from "./architecture/layers";
import { rotaryCaches } from "./architecture/rotary";
import type { ModelConfig } from "./config";
import { GraphBuilder, type OnnxModel } from "./graph";
import type { Weights } from "./weights";

/** A model's blocks as a graph, and what its values are called. */
export type ForwardGraph = {
  readonly model: OnnxModel;
  /** Names of `h_0 … h_L`: the first is the graph's input, the others are its outputs. */
  readonly hidden: readonly string[];
};

/**
 * The blocks of a model as an ONNX graph: `h_0` of the new positions goes in, `h_1 … h_L` come out,
 * each `[positions, dModel]`, before the final norm. Embedding, final norm and unembedding are not
 * part of it: the first is a lookup, the others belong to the lens.
 *
 * Keys and values of earlier positions go in (`past.*`) and those of all positions come out
 * (`present.*`), so a prompt can be read in chunks and grow at its end.
 */
export function buildForwardGraph(config: ModelConfig, weights: Weights): ForwardGraph {
  const graph = new GraphBuilder();
  const architecture = architectures[config.family];
  graph.input(shared.totalMinusOne, "int32", [1]);
  graph.input(shared.total, "int32", [1]);
  if (config.rotary) {
    const { cos, sin } = rotaryCaches(config.rotary, config.contextLength);
    const dims = [config.contextLength, config.rotary.dim / 2];
    graph.weight(shared.cos, dims, cos);
    graph.weight(shared.sin, dims, sin);
  }
  const hidden = [graph.input("hidden.0", "float32", ["positions", config.dModel])];
  for (let layer = 0; layer < config.nLayers; ++layer) {
    const out = architecture.block({ graph, config, weights }, layer, hidden[layer]);
    graph.output(out);
    hidden.push(out);
  }
  return { model: graph.build(), hidden };
}
