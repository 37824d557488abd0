import { TrainingError, TrainingFailedError } from "../../errors";
import { solveRidge } from "../../lens/ridge";
import type { MomentSums } from "../../lens/trainingBackend";
import type { Translator } from "../../lens/translator";
import { nextTask } from "../../math/nextTask";
import { modelSentence } from "./finite";
import type { Underway } from "./underway";

/** Positions after which it is solved for the first time, where the text has twice as many. */
const earlyPositions = 4608;
/** Of the time of the whole closed form, at most, for that. */
const earlyShare = 0.15;
/** Of the time that the clock gives, where steps follow. */
const clockShare = 0.6;

/**
 * The closed form of the text, of as many positions as the clock has time for.
 *
 * @returns the translators of the trained layers
 * @throws TrainingFailedError if it has no solution, or hidden states are not finite
 */
export async function closedForm<Hidden>(
  underway: Underway<Hidden>,
): Promise<readonly Translator[]> {
  const { run, forward, signal, note } = underway;
  const { train } = run.text;
  const sums = underway.openMoments();
  const all = train.reduce((sum, ids) => sum + ids.length, 0);
  while (underway.progress.taken < train.length && !isTimeUp(underway)) {
    const { taken, positions } = underway.progress;
    const ids = train[taken];
    const add = async () => sums.add(await forward.run(ids, signal));
    await underway.timed("position", ids.length, add);
    note({ taken: taken + 1, positions: positions + ids.length });
    await underway.between();
    if (isTimeForEarly(underway, all)) await solveEarly(underway, sums, all);
    else await underway.report("closedForm", false);
  }
  if (underway.progress.taken < train.length) note({ isCut: true });
  const solved = await solve(underway, sums, Number.POSITIVE_INFINITY).catch((error) => {
    if (!(error instanceof TrainingError) || underway.signal.aborted) throw error;
    throw new TrainingFailedError(error.message); // no more text is taken
  });
  underway.closeMoments();
  return solved!;
}

function isTimeUp<Hidden>({ run, progress, seconds }: Underway<Hidden>): boolean {
  const { maxSeconds, method } = run.settings;
  if (maxSeconds === null || progress.taken === 0) return false;
  return seconds() >= (method === "none" ? 1 : clockShare) * maxSeconds;
}

const isTimeForEarly = <Hidden>({ run, progress }: Underway<Hidden>, all: number) =>
  !progress.isSolvedEarly &&
  progress.taken < run.text.train.length &&
  progress.positions >= earlyPositions &&
  all > 2 * earlyPositions;

/** A first solution, so that the curves show it grow; none where that would cost too much. */
async function solveEarly<Hidden>(
  underway: Underway<Hidden>,
  sums: MomentSums<Hidden>,
  all: number,
): Promise<void> {
  const { position, heldOut } = underway.progress.pace;
  const affordable = earlyShare * all * position! - underway.watched * heldOut!;
  try {
    const solved = await solve(underway, sums, affordable);
    if (solved) {
      const lens = underway.lensOf(solved);
      const kl = await underway.measure(lens);
      underway.learn({ best: solved });
      underway.note({ lens: kl, best: kl });
      underway.show(lens);
      await underway.report("closedForm", true);
    }
  } catch (error) {
    const isFailed = error instanceof TrainingFailedError || underway.signal.aborted;
    if (!(error instanceof TrainingError) || isFailed) throw error; // more text may do
  }
  underway.note({ isSolvedEarly: true });
}

/** @returns null where it would take longer than `affordable` seconds, which the first layer tells */
async function solve<Hidden>(
  underway: Underway<Hidden>,
  sums: MomentSums<Hidden>,
  affordable: number,
): Promise<readonly Translator[] | null> {
  const { layers, settings } = underway.run;
  const { signal } = underway;
  const moments = await sums.read();
  const wrong = moments.sums.findIndex((sum) => !sum.every(Number.isFinite));
  if (wrong >= 0) {
    const layer = Math.min(wrong, underway.run.model.nLayers - 1); // h_L has no KL of its own
    throw new TrainingFailedError(modelSentence(layer));
  }
  const solved: Translator[] = [];
  const between = async () => {
    await nextTask();
    signal.throwIfAborted();
  };
  for (const [index, layer] of layers.entries()) {
    underway.note({ solved: index });
    const one = () => solveRidge(moments, layer, index, settings.ridge, between);
    solved.push(await underway.timed("solve", 1, one));
    if (underway.progress.pace.solve! * layers.length > affordable) return null;
    await underway.between();
    await underway.report("closedForm", false);
  }
  return solved;
}
