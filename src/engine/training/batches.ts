import type { HiddenPool, Sequence } from "../../lens/trainingBackend";
import type { Run } from "./runState";
import { createOrder, randomAt, shuffled } from "./sequences";
import type { Underway } from "./underway";

/**
 * Sequences whose positions are mixed. A step on one sequence alone makes late layers worse than their
 * closed form; of 8, batches are nearly as good as of the whole text, and take 110 MB of the bundled model.
 */
const pooledSequences = 8;
/** Positions whose gradients are computed at once. */
const mostPositions = 256;

/** Apart from the order of the sequences, what is drawn for a pool. */
const poolPlace = -1;

/** How the text's sequences are taken together. */
export function poolOf({ text }: Pick<Run, "text">) {
  const sequences = Math.min(pooledSequences, text.train.length);
  return { sequences, rows: sequences * text.summary.sequenceLength };
}

/**
 * The parts that a step's positions are computed in. Pools come one after the other, and a step takes the
 * positions after those of the step before, also where they lie in two pools or more: nothing is left
 * over, and a pass runs every position once, but for the pool that reaches into the next pass.
 */
function* partsOf(run: Pick<Run, "text" | "settings">, step: number) {
  const { rows } = poolOf(run);
  const { positionsPerStep } = run.settings;
  const end = (step + 1) * positionsPerStep;
  let at = step * positionsPerStep;
  while (at < end) {
    const from = at % rows;
    const count = Math.min(mostPositions, end - at, rows - from);
    yield { pool: Math.floor(at / rows), from, count };
    at += count;
  }
}

/** A part of a step's positions. */
export type Batch<Hidden> = {
  readonly sequence: Sequence<Hidden>;
  /** Of the step's positions. */
  readonly share: number;
};

/**
 * The positions that the steps are taken on, in the memory of one pool. Which ones come when follows from
 * the seed and the step alone: a training that goes on runs the sequences of its pool again.
 */
export function openBatches<Hidden>(underway: Underway<Hidden>) {
  const { run, kit, forward, signal } = underway;
  const { train } = run.text;
  const { seed, positionsPerStep } = run.settings;
  const { sequences, rows } = poolOf(run);
  const order = createOrder(train.length, seed);
  const pool: HiddenPool<Hidden> = kit.backend.openPool(rows);
  let filled = -1;
  let mixed = new Int32Array(0);

  async function fill(index: number): Promise<void> {
    if (filled === index) return;
    filled = -1;
    let start = 0;
    for (let i = 0; i < sequences; ++i) {
      const ids = train[order.at(index * sequences + i)];
      await underway.timed("forward", 1, async () => {
        pool.put(start, await forward.run(ids, signal));
      });
      start += ids.length;
      await underway.report("steps", false);
      await underway.between();
    }
    mixed = Int32Array.from(shuffled(start, randomAt(seed, poolPlace, index)));
    filled = index;
  }

  return {
    /** Some positions of the first pool, of all its sequences. */
    async sample(positions: number): Promise<Sequence<Hidden>> {
      await fill(0);
      return pool.take(mixed.subarray(0, positions));
    },
    /**
     * The positions of a step, part by part; each is there until the next is asked for. An interruption
     * on the way is one before the step.
     */
    async *of(step: number): AsyncGenerator<Batch<Hidden>> {
      for (const { pool: index, from, count } of partsOf(run, step)) {
        await fill(index);
        const sequence = pool.take(mixed.subarray(from, from + count));
        yield { sequence, share: count / positionsPerStep };
      }
    },
    dispose: () => pool.dispose(),
  };
}

export type Batches<Hidden> = ReturnType<typeof openBatches<Hidden>>;
