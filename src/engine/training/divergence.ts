import { type KlByLayer, mean } from "./runState";

/** What the losses of the steps were: each is a mean over trained layers, in nats. */
export type Losses = {
  /** Of all steps. */
  readonly positions: number;
  /** The mean of the first positions, those of the first step at least: nearly what the start has. */
  readonly first: number;
  /** The running mean: the newest weigh most. */
  readonly running: number;
};

/** Positions whose mean loss says what the start is like, within a third or so. */
const firstPositions = 32;
/** Those, or steps, that the running mean is of. */
const runningPositions = 128;
const runningSteps = 4;

/** The losses with that of one more step, which is of so many positions. */
export function withLoss(before: Losses | null, loss: number, positions: number): Losses {
  if (!before) return { positions, first: loss, running: loss };
  const { first, running } = before;
  const all = before.positions + positions;
  const weight = Math.min(1 / runningSteps, positions / runningPositions);
  const after = { positions: all, first, running: running + weight * (loss - running) };
  if (before.positions >= firstPositions) return after;
  return { ...after, first: first + (positions / all) * (loss - first) };
}

/** Three times the first ones: less can be chance where a step has few positions, or where they are near 0. */
export const isGrowing = ({ first, running }: Losses) => running > 3 * first + 1;

/**
 * Whether held-out figures are far above those of what the steps began with: on average, or at half of the
 * layers, since one that is far off anyway hides what became of the others.
 *
 * @param isLogit the steps began with the logit lens, which leaves less room above
 */
export function isFarAbove(kl: KlByLayer, start: KlByLayer, isLogit: boolean): boolean {
  const isFar = (one: number, before: number) => !(one <= (isLogit ? 1.5 : 2) * before + 0.1);
  const far = kl.filter((one, i) => isFar(one, start[i]));
  return isFar(mean(kl), mean(start)) || 2 * far.length >= kl.length;
}
