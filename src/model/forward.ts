import type { Tensor } from "onnxruntime-web";

import { nextTask } from "../math/nextTask";
import { architectures } from "./architecture/architecture";
import { cacheNames, hiddenFromSight, shared } from "./architecture/layers";
import type { ModelConfig } from "./config";
import { buildForwardGraph } from "./forwardGraph";
import { freeWeights } from "./graph";
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

/**
 * Blocks of one session. Each session's weights are unpacked, handed over and let go before the next
 * one's: a model is never in memory twice.
 */
const blocksPerSession = 5;

/**
 * Makes the sessions of a model's blocks; the weights are read once, here.
 *
 * @throws signal.reason if `signal` aborts, between two sessions
 */
export async function createForward(
  runtime: Runtime,
  config: ModelConfig,
  weights: Weights,
  signal?: AbortSignal,
): Promise<Forward> {
  const stages: Stage[] = [];
  const dispose = async () => {
    for (const { session } of stages) await session.dispose();
  };
  try {
    for (let first = 0; first < config.nLayers; first += blocksPerSession) {
      await nextTask();
      signal?.throwIfAborted();
      const count = Math.min(blocksPerSession, config.nLayers - first);
      stages.push(await createStage(runtime, config, weights, first, count));
    }
  } catch (error) {
    await dispose();
    throw error;
  }

  const step = chunkPositions[runtime.backend];
  /** Positions that a run is given for `positions` of them: the rest is padding, within the context. */
  const length = (start: number, positions: number) =>
    runtime.backend === "webgpu"
      ? Math.min(webgpuLengths.find((l) => l >= positions)!, config.contextLength - start)
      : positions;

  return {
    async *run(ids, signal) {
      const pasts = stages.map(({ layers }) => noPast(runtime, config, layers));
      try {
        for (let start = 0; start < ids.length; start += step) {
          signal?.throwIfAborted();
          const positions = Math.min(step, ids.length - start);
          const embeddings = embed(config, weights, ids.slice(start, start + positions), start);
          const padded = length(start, positions);
          const first = new Float32Array(padded * config.dModel);
          first.set(embeddings);
          const embedded = runtime.tensor(first, [padded, config.dModel]);
          const where = whereabouts(runtime, config, start, padded);
          const hidden: Tensor[] = [];
          try {
            for (const [i, { session, input, outputs, layers }] of stages.entries()) {
              const out = await session.run({
                ...pasts[i],
                [input]: hidden.at(-1) ?? embedded,
                ...where,
              });
              disposeAll(pasts[i]);
              pasts[i] = {};
              for (const { past, present } of layers.map(cacheNames)) {
                for (const [j, name] of past.entries()) pasts[i][name] = out[present[j]];
              }
              hidden.push(...outputs.map((name) => out[name]));
            }
            yield { start, positions, embeddings, hidden };
          } finally {
            for (const tensor of hidden) tensor.dispose();
          }
        }
      } finally {
        for (const past of pasts) disposeAll(past);
      }
    },
    dispose,
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
    ...(config.rotary && { [shared.positionIds]: runtime.tensor(ids, [1, positions]) }),
  };
}

/** A session of some consecutive blocks. */
type Stage = {
  readonly layers: readonly number[];
  readonly session: Session;
  readonly input: string;
  readonly outputs: readonly string[];
};

async function createStage(
  runtime: Runtime,
  config: ModelConfig,
  weights: Weights,
  first: number,
  count: number,
): Promise<Stage> {
  const layers = Array.from({ length: count }, (_, i) => first + i);
  const { model, input, outputs } = buildForwardGraph(config, weights, layers);
  const session = await runtime.session(model);
  freeWeights(model);
  return { layers, session, input, outputs };
}

/** Keys and values of no positions. */
function noPast(runtime: Runtime, config: ModelConfig, layers: readonly number[]): Tensors {
  const dims = [config.nKvHeads, 0, config.headDim];
  return Object.fromEntries(
    layers.flatMap((layer) =>
      cacheNames(layer).past.map((name) => [name, runtime.tensor(new Float32Array(0), dims)]),
    ),
  );
}

function disposeAll(tensors: Tensors): void {
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
