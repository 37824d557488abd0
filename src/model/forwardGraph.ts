import { architectures } from "./architecture/architecture";
import { shared } from "./architecture/layers";
import { rotaryCaches } from "./architecture/rotary";
import type { ModelConfig } from "./config";
import { GraphBuilder, type OnnxModel } from "./graph";
import type { Weights } from "./weights";

/** Some of a model's blocks as a graph, and what its values are called. */
export type ForwardGraph = {
  readonly model: OnnxModel;
  /** The graph's input, the hidden state that its first block reads. */
  readonly input: string;
  /** The hidden states that its blocks put out, in their order. */
  readonly outputs: readonly string[];
};

/**
 * Consecutive blocks of a model as an ONNX graph: the hidden states of the new positions go in, those
 * after each block come out, each `[lanes · positions, dModel]`, before the final norm. Embedding, final
 * norm and unembedding are not part of it: the first is a lookup, the others belong to the lens. A prompt
 * is one lane; texts that are written side by side (`lockstep.ts`) are more.
 *
 * Keys and values of earlier positions go in (`past.*`) and those of all positions come out
 * (`present.*`), so a prompt can be read in chunks and grow at its end.
 *
 * @param layers the blocks, ascending
 */
export function buildForwardGraph(
  config: ModelConfig,
  weights: Weights,
  layers: readonly number[],
): ForwardGraph {
  const graph = new GraphBuilder();
  const architecture = architectures[config.family];
  graph.input(shared.mask, "float32", ["positions", "total"]);
  graph.input(shared.lanes, "int64", [3]);
  if (config.rotary) {
    graph.input(shared.positionIds, "int64", ["lanes", "positions"]);
    const { cos, sin } = rotaryCaches(config.rotary, config.contextLength);
    const dims = [config.contextLength, config.rotary.dim / 2];
    graph.weight(shared.cos, dims, cos);
    graph.weight(shared.sin, dims, sin);
  }
  const input = graph.input("hidden", "float32", ["rows", config.dModel]);
  const outputs: string[] = [];
  for (const layer of layers) {
    const out = architecture.block({ graph, config, weights }, layer, outputs.at(-1) ?? input);
    graph.output(out);
    outputs.push(out);
  }
  return { model: graph.build(), input, outputs };
}
