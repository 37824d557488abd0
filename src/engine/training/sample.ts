import { nextTask } from "../../math/nextTask";
import { random } from "../../math/random";
import type { ModelConfig } from "../../model/config";
import type { Reader } from "../reader";
import type { TextProgress } from "../trainingProtocol";

/** Sequences that are written side by side at most: of twice as many a token costs little less. */
const maxLanes = 16;
/** What the keys and values of all of them may take: 141 MB for 16 of the bundled model's. */
const maxCacheBytes = 2 ** 28;

export type Sampling = {
  /** Sequences. */
  readonly count: number;
  /** Positions of each, its first token included. */
  readonly length: number;
  /** The token that each begins with. */
  readonly begin: number;
  readonly temperature: number;
  readonly seed: number;
  /** Ids below this are drawn: a model may have rows that no token belongs to. */
  readonly vocab: number;
};

/**
 * Text that the model writes by itself: sequences of token ids, each drawn token by token from its own
 * distribution. The same seed writes the same on the same provider.
 *
 * @throws signal.reason if `signal` aborts, between two tokens
 */
export async function sampleSequences(
  reader: Pick<Reader, "openLockstep">,
  config: Pick<ModelConfig, "nLayers" | "nKvHeads" | "headDim">,
  { count, length, begin, temperature, seed, vocab }: Sampling,
  onProgress: (progress: TextProgress) => void,
  signal: AbortSignal,
): Promise<Int32Array[]> {
  const sequences: Int32Array[] = [];
  const lanes = lanesFor(config, length);
  const all = count * (length - 1);
  while (sequences.length < count) {
    const group = Array.from({ length: Math.min(lanes, count - sequences.length) }, (_, i) => ({
      ids: new Int32Array(length).fill(begin),
      // Each has its own numbers, so that a text does not depend on how many are written at once.
      uniform: random(seed + 0x9e3779b1 * (sequences.length + i)),
    }));
    const before = sequences.length * (length - 1);
    const lockstep = reader.openLockstep(group.length);
    try {
      for (let position = 1; position < length; ++position) {
        const tokens = group.map(({ ids }) => ids[position - 1]);
        const weights = await lockstep.next(tokens);
        const width = weights.length / group.length;
        for (const [lane, { ids, uniform }] of group.entries()) {
          const row = weights.subarray(lane * width, lane * width + vocab);
          ids[position] = draw(row, temperature, uniform());
        }
        onProgress({ done: before + position * group.length, all, unit: "tokens" });
        await nextTask();
        signal.throwIfAborted();
      }
    } finally {
      lockstep.dispose();
    }
    sequences.push(...group.map(({ ids }) => ids));
  }
  return sequences;
}

function lanesFor(
  { nLayers, nKvHeads, headDim }: Pick<ModelConfig, "nLayers" | "nKvHeads" | "headDim">,
  length: number,
): number {
  const laneBytes = 4 * 2 * nLayers * nKvHeads * headDim * length;
  return Math.max(1, Math.min(maxLanes, Math.floor(maxCacheBytes / laneBytes)));
}

/**
 * The token in whose part of the distribution `uniform` falls; the lowest temperature draws the likeliest.
 *
 * @param weights probabilities, all times some number
 */
export function draw(weights: Float32Array, temperature: number, uniform: number): number {
  const powers = temperature === 1 ? weights : weights.map((weight) => weight ** (1 / temperature));
  let total = 0;
  for (let id = 0; id < powers.length; ++id) total += powers[id];
  let left = uniform * total;
  let last = 0;
  for (let id = 0; id < powers.length; ++id) {
    if (powers[id] === 0) continue;
    left -= powers[id];
    last = id;
    if (left < 0) break;
  }
  return last;
}
