import type { Tensor } from "onnxruntime-web";

import { architectures } from "./architecture/architecture";
import { cacheNames, shared } from "./architecture/layers";
import type { ModelConfig } from "./config";
import { buildForwardGraph } from "./forwardGraph";
import type { Runtime, Tensors } from "./runtime";
import type { Weights } from "./weights";

/** Some positions of a prompt, read by every block. */
export type ForwardChunk = {
  /** The prompt's position that comes first here. */
  readonly start: number;
  readonly positions: number;
  /** `h_0`, `[positions, dModel]`. */
  readonly embeddings: Float32Array;
  /**
   * `h_1 … h_L`, `[≥ positions, dModel]`, on the provider's side; rows past `positions` are padding.
   * They are the reader's until it asks for the next chunk.
   */
  readonly hidden: readonly Tensor[];
};

export type Forward = {
  /**
   * The hidden states of a prompt, chunk by chunk.
   *
   * @param ids token ids, at most `contextLength`
   * @throws signal.reason if `signal` aborts, between two chunks
   */
  run(ids: readonly number[], signal?: AbortSignal): AsyncGenerator<ForwardChunk>;
  dispose(): Promise<void>;
};

/**
 * Positions a run takes. On wasm a run's cost per position is least near 64 and grows past it; a GPU
 * wants more, and lengths from a short list, because each new length compiles shaders.
 */
const chunkPositions = { wasm: 64, webgpu: 256 } as const;
const webgpuLengths = [16, 64, chunkPositions.webgpu];

/** Makes the session of a model's blocks; the weights are read once, here. */
export async function createForward(
  runtime: Runtime,
  config: ModelConfig,
  weights: Weights,
): Promise<Forward> {
  const { model, hidden: names } = buildForwardGraph(config, weights);
  const session = await runtime.session(model);
  const layers = Array.from({ length: config.nLayers }, (_, layer) => cacheNames(layer));
  /** Positions that a run is given for `positions` of them: the rest is padding, within the context. */
  const length = (start: number, positions: number) =>
    runtime.backend === "webgpu"
      ? Math.min(webgpuLengths.find((l) => l >= positions)!, config.contextLength - start)
      : positions;

  /** Keys and values of no positions. */
  const nothing = (): Tensors => {
    const empty = () =>
      runtime.tensor(new Float32Array(0), [1, config.nKvHeads, 0, config.headDim]);
    return Object.fromEntries(layers.flatMap(({ past }) => past.map((name) => [name, empty()])));
  };

  return {
    async *run(ids, signal) {
      let past = nothing();
      const step = chunkPositions[runtime.backend];
      try {
        for (let start = 0; start < ids.length; start += step) {
          signal?.throwIfAborted();
          const positions = Math.min(step, ids.length - start);
          const embeddings = embed(config, weights, ids.slice(start, start + positions), start);
          const padded = length(start, positions);
          const first = new Float32Array(padded * config.dModel);
          first.set(embeddings);
          const out = await session.run({
            ...past,
            [names[0]]: runtime.tensor(first, [padded, config.dModel]),
            [shared.total]: runtime.tensor(Int32Array.of(start + padded), [1]),
            [shared.totalMinusOne]: runtime.tensor(Int32Array.of(start + padded - 1), [1]),
          });
          dispose(past);
          past = Object.fromEntries(
            layers.flatMap(({ past, present }) => past.map((name, i) => [name, out[present[i]]])),
          );
          const hidden = names.slice(1).map((name) => out[name]);
          try {
            yield { start, positions, embeddings, hidden };
          } finally {
            for (const tensor of hidden) tensor.dispose();
          }
        }
      } finally {
        dispose(past);
      }
    },
    dispose: () => session.dispose(),
  };
}

function dispose(tensors: Tensors): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}

/** `h_0` of these tokens, `[ids.length, dModel]`. */
function embed(
  config: ModelConfig,
  weights: Weights,
  ids: readonly number[],
  start: number,
): Float32Array {
  const { tokenEmbedding, positionEmbedding } = architectures[config.family];
  const hidden = weights.readRows(tokenEmbedding, ids);
  if (positionEmbedding) {
    const positions = weights.readRows(
      positionEmbedding,
      ids.map((_, i) => start + i),
    );
    for (let i = 0; i < hidden.length; ++i) hidden[i] += positions[i];
  }
  return hidden;
}
