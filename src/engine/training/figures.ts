import type { Translator } from "../../lens/translator";
import type { TrainingReport } from "../trainingProtocol";
import { bitsPerByte } from "./bitsPerByte";
import type { Translators } from "./heldOut";
import { figuresLeft } from "./measuring";
import { noWork, type Pace, secondsOf, stepWork, type Work } from "./pace";
import { type KlByLayer, mean, type Progress, type Run } from "./runState";
import { sequencesOfStep } from "./steps";

/** Figures of one set of held-out positions. */
export type Figures = {
  readonly lens: KlByLayer;
  readonly logit: KlByLayer;
  readonly start: KlByLayer;
  readonly positions: number;
};

/** What is known while a training runs; until there is a start it is the logit lens's. */
export function watchedFigures({ logit, start, lens }: Progress, positions: number): Figures {
  return { logit: logit!, start: start ?? logit!, lens: lens ?? logit!, positions };
}

/** A training's progress in the words of its protocol. */
export function reportOf(
  run: Run,
  progress: Progress,
  phase: TrainingReport["phase"],
  figures: Figures,
  watched: number,
  isMeasured: boolean,
  notice: string | null,
): TrainingReport {
  const { step, steps, positions, seconds } = progress;
  return {
    phase,
    step,
    steps,
    positions,
    seconds,
    secondsLeft: phase === "done" ? 0 : secondsLeft(run, progress, watched),
    positionsPerSecond: positionsPerSecond(run, progress),
    layers: run.layers,
    heldOutKl: mean(figures.lens),
    logitHeldOutKl: mean(figures.logit),
    startHeldOutKl: mean(figures.start),
    heldOutKlByLayer: figures.lens,
    logitHeldOutKlByLayer: figures.logit,
    startHeldOutKlByLayer: figures.start,
    heldOutPositions: figures.positions,
    bitsPerByte: bitsPerByte(run.text.summary),
    isMeasured,
    isSaved: false,
    notice,
  };
}

/** Until the last figures are there; null while a part of it has not been timed. */
function secondsLeft(run: Run, progress: Progress, watched: number): number | null {
  const { text, settings, layers } = run;
  const { phase, taken, solved, step, steps, seconds, pace } = progress;
  const isClosedForm = phase === "closedForm" && settings.start === "closedForm";
  const untaken = text.train.slice(taken).reduce((sum, ids) => sum + ids.length, 0);
  const toMeasure = figuresLeft(run, progress, watched);
  const training: Work = {
    ...stepWork(phase === "final" ? 0 : steps - step, sequencesOfStep(run)),
    position: isClosedForm ? untaken : 0,
    solve: isClosedForm ? layers.length - (untaken === 0 ? solved : 0) : 0,
    heldOut: phase === "final" ? 0 : watched * (toMeasure + (phase === "closedForm" ? 1 : 0)),
  };
  const left = secondsOf(pace, training);
  const final = secondsOf(pace, {
    ...noWork,
    heldOut: 3 * finalPositions(run, pace) - progress.finalRead,
  });
  if (settings.maxSeconds !== null && final !== null) {
    const untilCut = phase === "final" ? 0 : Math.max(0, settings.maxSeconds - seconds);
    return Math.min(left ?? untilCut, untilCut) + final;
  }
  return left === null || final === null ? null : left + final;
}

function positionsPerSecond(run: Run, { phase, pace }: Progress): number {
  if (phase === "closedForm") return pace.position ? 1 / pace.position : 0;
  const seconds = secondsOf(pace, stepWork(1, sequencesOfStep(run)));
  return seconds ? run.settings.positionsPerStep / seconds : 0;
}

/** Held-out positions that the last figures are of: three lenses, in a third of the time that the clock gives. */
export function finalPositions({ text, settings }: Run, { heldOut }: Pace): number {
  const all = text.heldOut.reduce((sum, ids) => sum + ids.length, 0);
  if (settings.maxSeconds === null || heldOut === null) return all;
  return Math.min(all, Math.max(16, Math.floor(settings.maxSeconds / 3 / (3 * heldOut))));
}

/** By layer of the model: what is trained, and for the others what it started from. */
export function wholeLens(run: Run, trained: readonly Translator[]): Translators {
  return run.startTranslators.map((one, layer) => trained[run.layers.indexOf(layer)] ?? one);
}
