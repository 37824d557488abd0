import { nextTask } from "../math/nextTask";
import type { ModelConfig } from "./config";
import { type ForwardContext, openContext, type Stage } from "./forwardContext";
import { buildForwardGraph } from "./forwardGraph";
import { freeWeights } from "./graph";
import { type ForwardLockstep, openLockstep } from "./lockstep";
import { checkWasmMemory } from "./modelSize";
import type { Runtime } from "./runtime";
import type { Weights } from "./weights";

export type Forward = {
  /** A prompt of no tokens yet. */
  open(): ForwardContext;
  /** So many texts of no tokens yet, which grow together. */
  openLockstep(lanes: number): ForwardLockstep;
  dispose(): Promise<void>;
};

/**
 * Blocks of one session. Each session's weights are unpacked, handed over and let go before the next
 * one's: a model is never in memory twice.
 */
const blocksPerSession = 5;

/**
 * Makes the sessions of a model's blocks; the weights are read once, here.
 *
 * @throws UnsupportedError if there is no memory for them
 * @throws signal.reason if `signal` aborts, between two sessions
 */
export async function createForward(
  runtime: Runtime,
  config: ModelConfig,
  weights: Weights,
  signal?: AbortSignal,
): Promise<Forward> {
  if (runtime.backend === "wasm") checkWasmMemory(config);
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
  return {
    open: () => openContext(runtime, config, weights, stages),
    openLockstep: (lanes) => openLockstep(runtime, config, weights, stages, lanes),
    dispose,
  };
}

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
