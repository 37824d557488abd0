import type { Sequence } from "../../lens/trainingBackend";
import { random } from "../../math/random";
import type { TrainingKit } from "../reader";
import { targetsOf } from "./heldOut";

/** Runs the model over one sequence after the other, in the room of one. */
export function openForward<Hidden>(kit: TrainingKit<Hidden>) {
  const prompt = kit.open();
  return {
    /** The sequence's hidden states, until the next call. */
    async run(ids: Int32Array, signal: AbortSignal): Promise<Sequence<Hidden>> {
      // What two sequences begin with is not kept: a training that goes on computes what one that was
      // never interrupted does.
      await prompt.follow([], signal);
      await prompt.follow(Array.from(ids), signal);
      return { hidden: prompt.hidden, positions: ids.length, targets: targetsOf(ids) };
    },
    dispose: () => prompt.dispose(),
  };
}

/** Uniform numbers that belong to a seed and to places in a training. */
export function randomAt(seed: number, ...places: readonly number[]): () => number {
  let mixed = seed | 0;
  for (const place of places)
    mixed = Math.floor(random(mixed ^ Math.imul(place + 1, 0x9e3779b1))() * 2 ** 32);
  return random(mixed);
}

/** Which sequences come when: all of them, in another order in each pass. */
export function createOrder(count: number, seed: number) {
  let pass = -1;
  let order = new Int32Array(0);
  return {
    /** The sequence at that place of the training, from 0. */
    at(place: number): number {
      const wanted = Math.floor(place / count);
      if (wanted !== pass) {
        pass = wanted;
        order = shuffled(count, randomAt(seed, pass));
      }
      return order[place % count];
    },
  };
}

/** The numbers below `count`, by Fisher and Yates. */
export function shuffled(count: number, uniform: () => number): Int32Array<ArrayBuffer> {
  const numbers = Int32Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; --i) {
    const j = Math.floor(uniform() * (i + 1));
    [numbers[i], numbers[j]] = [numbers[j], numbers[i]];
  }
  return numbers;
}
