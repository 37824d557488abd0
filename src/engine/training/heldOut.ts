import type { Translator } from "../../lens/translator";
import { nextTask } from "../../math/nextTask";
import type { HiddenPrompt, TrainingKit } from "../reader";
import { isFiniteRow } from "./finite";
import type { KlByLayer } from "./runState";

/** By layer of the model; null is the logit lens. */
export type Translators = readonly (Translator | null)[];

/** Sequences that are watched while a training runs, where so few are long enough. */
const watchedSequences = 4;

type Range = { readonly from: number; readonly to: number };

/** The same held-out positions, for one lens after the other. */
export type Watch = {
  readonly positions: number;
  /**
   * KL(final ‖ lens) of each trained layer, of the whole vocabulary; NaN where it is not a finite number.
   *
   * @param between is awaited after each range of positions
   */
  klByLayer(
    translators: Translators,
    signal: AbortSignal,
    between: () => Promise<void>,
  ): Promise<KlByLayer>;
  dispose(): void;
};

/** How many held-out sequences are watched, whose hidden states stay, and at most so many positions of each. */
export function watchedOf(
  sequences: readonly Int32Array[],
  wanted: number,
): { readonly count: number; readonly each: number } {
  const enough = Math.ceil(wanted / sequences[0].length);
  const count = Math.min(Math.max(watchedSequences, enough), sequences.length);
  return { count, each: Math.ceil(wanted / count) };
}

/**
 * Opens held-out positions to be watched: as many from each of a few sequences that lie apart, and of
 * each from another part, so that early positions weigh as they do in the text.
 */
export async function openWatch<Hidden>(
  kit: TrainingKit<Hidden>,
  sequences: readonly Int32Array[],
  wanted: number,
  layers: readonly number[],
  signal: AbortSignal,
): Promise<Watch> {
  const { count, each } = watchedOf(sequences, wanted);
  const watched: { prompt: HiddenPrompt<Hidden>; ids: Int32Array; range: Range }[] = [];
  const dispose = () => {
    for (const { prompt } of watched) prompt.dispose();
  };
  try {
    for (let i = 0; i < count; ++i) {
      const ids = sequences[Math.floor(((i + 0.5) * sequences.length) / count)];
      const size = Math.min(each, ids.length);
      const from = Math.round(((i + 0.5) / count) * (ids.length - size));
      const prompt = kit.open();
      watched.push({ prompt, ids, range: { from, to: from + size } });
      await prompt.follow(Array.from(ids.subarray(0, from + size)), signal);
    }
  } catch (error) {
    dispose();
    throw error;
  }
  return {
    positions: watched.reduce((sum, { range }) => sum + range.to - range.from, 0),
    async klByLayer(translators, signal, between) {
      const sums = createSums(layers);
      for (const { prompt, ids, range } of watched) {
        await sums.add(prompt, ids, range, translators, signal);
        await between();
      }
      return sums.means();
    },
    dispose,
  };
}

/**
 * KL(final ‖ lens) of each trained layer for several lenses, of the first held-out positions; NaN where
 * it is not a finite number.
 *
 * @param most positions; rounded up to 16, which a backend reads at once
 * @param between is awaited after each part, with the positions that were read, of all lenses together
 */
export async function heldOutKl<Hidden>(
  kit: TrainingKit<Hidden>,
  sequences: readonly Int32Array[],
  most: number,
  lenses: readonly Translators[],
  layers: readonly number[],
  signal: AbortSignal,
  between: (read: number) => Promise<void>,
): Promise<{ readonly klByLayer: readonly KlByLayer[]; readonly positions: number }> {
  const sums = lenses.map(() => createSums(layers));
  const prompt = kit.open();
  let left = Math.ceil(most / 16) * 16;
  let positions = 0;
  try {
    for (const ids of sequences) {
      const to = Math.min(ids.length, left);
      if (to === 0) break;
      await prompt.follow([], signal);
      await prompt.follow(Array.from(ids.subarray(0, to)), signal);
      for (const [i, translators] of lenses.entries()) {
        await sums[i].add(prompt, ids, { from: 0, to }, translators, signal);
        await between(lenses.length * positions + (i + 1) * to);
      }
      positions += to;
      left -= to;
    }
  } finally {
    prompt.dispose();
  }
  return { klByLayer: sums.map((one) => one.means()), positions };
}

function createSums(layers: readonly number[]) {
  const sums = new Float64Array(layers.length);
  let positions = 0;
  return {
    async add<Hidden>(
      prompt: HiddenPrompt<Hidden>,
      ids: Int32Array,
      { from, to }: Range,
      translators: Translators,
      signal: AbortSignal,
    ): Promise<void> {
      const request = { from, to, translators, layers, targets: targetsOf(ids), k: 1 };
      for await (const part of prompt.read(request, signal)) {
        const { row, klFromFinal } = part;
        const isSound = isFiniteRow(part, ids.length);
        if (row !== "output") {
          const index = layers.indexOf(row);
          for (const kl of klFromFinal) sums[index] += isSound ? kl : Number.NaN;
        } else if (!isSound) sums.fill(Number.NaN); // every KL is of the model's own distribution
        await nextTask();
        signal.throwIfAborted();
      }
      positions += to - from;
    },
    means: (): KlByLayer => Array.from(sums, (sum) => sum / positions),
  };
}

/** The next token of each position of a sequence, −1 behind the last. */
export function targetsOf(ids: Int32Array): Int32Array {
  const targets = new Int32Array(ids.length).fill(-1);
  targets.set(ids.subarray(1));
  return targets;
}
