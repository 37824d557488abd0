import type { Tensor } from "onnxruntime-web";

import { architectures } from "./architecture/architecture";
import { cacheNames, hiddenFromSight, shared } from "./architecture/layers";
import type { ModelConfig } from "./config";
import type { Runtime, Session, Tensors } from "./runtime";
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

/** A prompt that grows and shrinks at its end: the keys and values of what was read of it. */
export type ForwardContext = {
  /** Positions whose keys and values are kept. */
  readonly length: number;
  /** Forgets all but the first `length` positions; where there are no more, it does nothing. */
  cut(length: number): void;
  /**
   * The hidden states of the tokens that follow, chunk by chunk. A chunk is kept once the next one is
   * asked for: what was read before an abort, or before anything fails, stays read.
   *
   * @param ids token ids; with those that are kept, at most `contextLength`
   * @throws signal.reason if `signal` aborts, between two chunks
   */
  run(ids: readonly number[], signal?: AbortSignal): AsyncGenerator<ForwardChunk>;
  dispose(): void;
};

/** A session of some consecutive blocks. */
export type Stage = {
  readonly layers: readonly number[];
  readonly session: Session;
  readonly input: string;
  readonly outputs: readonly string[];
};

/**
 * Positions a run takes. On wasm a run's cost per position is least near 64 and grows past it; a GPU
 * wants more, and lengths from a short list, because each new length compiles shaders.
 */
const chunkPositions = { wasm: 64, webgpu: 256 } as const;
const webgpuLengths = [16, 64, chunkPositions.webgpu];

export function openContext(
  runtime: Runtime,
  config: ModelConfig,
  weights: Weights,
  stages: readonly Stage[],
): ForwardContext {
  const step = chunkPositions[runtime.backend];
  /** By stage. Those of positions past `length`, padding among them, are cut when they are next fed. */
  const pasts = stages.map(({ layers }) => noPast(runtime, config, layers, 1));
  let length = 0;

  /** Positions that a run is given for `positions` of them: the rest is padding, within the context. */
  const paddedLength = (positions: number) =>
    runtime.backend === "webgpu"
      ? Math.min(webgpuLengths.find((l) => l >= positions)!, config.contextLength - length)
      : positions;

  function pastOf(stage: number): Tensors {
    const past = pasts[stage];
    for (const [name, tensor] of Object.entries(past)) past[name] = runtime.cut(tensor, length);
    return past;
  }

  return {
    get length() {
      return length;
    },
    cut(wanted) {
      length = Math.min(length, wanted);
    },
    async *run(ids, signal) {
      for (let at = 0; at < ids.length; at += step) {
        signal?.throwIfAborted();
        const start = length;
        const tokens = ids.slice(at, at + step);
        const positions = tokens.length;
        const embeddings = embed(config, weights, tokens, (i) => start + i);
        const padded = paddedLength(positions);
        const first = new Float32Array(padded * config.dModel);
        first.set(embeddings);
        const embedded = runtime.tensor(first, [padded, config.dModel]);
        const where = whereabouts(runtime, config, start, padded);
        const hidden: Tensor[] = [];
        const presents: Tensors[] = [];
        try {
          for (const [i, { session, input, outputs, layers }] of stages.entries()) {
            const fed = { ...pastOf(i), [input]: hidden.at(-1) ?? embedded, ...where };
            const out = await session.run(fed);
            presents.push(presentOf(layers, out));
            hidden.push(...outputs.map((name) => out[name]));
          }
          yield { start, positions, embeddings, hidden };
          for (const [i, present] of presents.splice(0).entries()) {
            disposeAll(pasts[i]);
            pasts[i] = present;
          }
          length = start + positions;
        } finally {
          for (const tensor of hidden) tensor.dispose();
          for (const present of presents) disposeAll(present);
        }
      }
    },
    dispose() {
      for (const past of pasts) disposeAll(past);
    },
  };
}

/** What every block is told of the new positions: where they are, and what they may look at. */
function whereabouts(
  runtime: Runtime,
  config: ModelConfig,
  start: number,
  positions: number,
): Tensors {
  const total = start + positions;
  const mask = new Float32Array(positions * total);
  for (let i = 0; i < positions; ++i) {
    mask.fill(hiddenFromSight, i * total + start + i + 1, (i + 1) * total);
  }
  const ids = BigInt64Array.from({ length: positions }, (_, i) => BigInt(start + i));
  return {
    [shared.mask]: runtime.tensor(mask, [positions, total]),
    [shared.lanes]: lanesTensor(runtime, config, 1),
    ...(config.rotary && { [shared.positionIds]: runtime.tensor(ids, [1, positions]) }),
  };
}

export const lanesTensor = (runtime: Runtime, { headDim }: ModelConfig, lanes: number) =>
  runtime.tensor(BigInt64Array.of(BigInt(lanes), -1n, BigInt(headDim)), [3]);

/** Keys and values of no positions. */
export function noPast(
  runtime: Runtime,
  config: ModelConfig,
  layers: readonly number[],
  lanes: number,
): Tensors {
  const dims = [lanes, config.nKvHeads, 0, config.headDim];
  return Object.fromEntries(
    layers.flatMap((layer) =>
      cacheNames(layer).past.map((name) => [name, runtime.tensor(new Float32Array(0), dims)]),
    ),
  );
}

/** The keys and values that came out of a stage, under the names by which they go in again. */
export function presentOf(layers: readonly number[], out: Tensors): Tensors {
  return Object.fromEntries(
    layers
      .map(cacheNames)
      .flatMap(({ past, present }) => past.map((to, i) => [to, out[present[i]]])),
  );
}

export function disposeAll(tensors: Tensors): void {
  for (const tensor of Object.values(tensors)) tensor.dispose();
}

/**
 * `h_0` of these tokens, `[ids.length, dModel]`.
 *
 * @param positionOf a token's, by its index here
 */
export function embed(
  config: ModelConfig,
  weights: Weights,
  ids: readonly number[],
  positionOf: (index: number) => number,
): Float32Array {
  const { tokenEmbedding, positionEmbedding } = architectures[config.family];
  const hidden = weights.readRows(tokenEmbedding, ids);
  if (positionEmbedding) {
    const positions = weights.readRows(
      positionEmbedding,
      ids.map((_, i) => positionOf(i)),
    );
    for (let i = 0; i < hidden.length; ++i) hidden[i] += positions[i];
  }
  return hidden;
}
