import { TrainingDivergedError } from "../../errors";
import type { Translator } from "../../lens/translator";
import type { TrainingKit } from "../reader";
import type { TrainingReceipt, TrainingReport } from "../trainingProtocol";
import { closedForm } from "./closedForm";
import type { Control } from "./control";
import { type Figures, finalPositions, reportOf, watchedFigures, wholeLens } from "./figures";
import { checkLogitFigures, checkStartFigures } from "./finite";
import { heldOutKl, type Translators } from "./heldOut";
import { type Pace, unknownPace } from "./pace";
import type { Progress, Run, RunState } from "./runState";
import { plannedSteps, takeSteps } from "./steps";
import { openUnderway, type Underway } from "./underway";

/** What became of a training. */
export type Outcome = {
  /** By layer of the model. */
  readonly translators: Translators;
  /** What the steps began with, which has been read with too. */
  readonly start: Translators;
  readonly figures: Figures;
  readonly progress: Progress;
  readonly report: TrainingReport;
  readonly ended: TrainingReceipt["ended"];
  /** What the visitor should know of it, a sentence; null where all went well. */
  readonly notice: string | null;
};

/** The lens that the steps began with, in words. */
const startWords = {
  closedForm: "the closed form",
  logit: "the logit lens",
  open: "the one that it started from",
} as const;

/** Where a training begins. */
export function firstState(run: Run, pace: Pace = unknownPace): RunState {
  const progress: Progress = {
    phase: "closedForm",
    taken: 0,
    solved: 0,
    isSolvedEarly: false,
    isCut: false,
    positions: 0,
    step: 0,
    steps: plannedSteps(run),
    measuredAt: 0,
    scales: null,
    losses: null,
    divergedAt: null,
    finalRead: 0,
    seconds: 0,
    pace,
    logit: null,
    start: null,
    lens: null,
    best: null,
    bestStep: 0,
    report: null,
    history: [],
  };
  return { progress, learnt: { moments: null, start: null, best: null, trainer: null } };
}

/**
 * Trains a lens: figures of the logit lens, the start, steps, figures of all held-out positions. It goes on
 * from any state that it gave, to the same lens.
 *
 * @throws control.signal.reason; where the visitor cancelled, only if there is no lens yet
 * @throws TrainingFailedError if the closed form has no solution, or figures are not finite
 */
export async function train<Hidden>(
  kit: TrainingKit<Hidden>,
  run: Run,
  from: RunState,
  control: Control,
): Promise<Outcome> {
  const underway = await openUnderway(kit, run, from, control);
  try {
    await learn(underway);
    return await end(run, underway, await finalFigures(underway), control);
  } catch (error) {
    if (!control.isCancelled()) throw error;
    const outcome = cutShort(run, underway, control);
    if (!outcome) throw error;
    return await outcome;
  } finally {
    underway.dispose();
  }
}

/** What a training comes to that ends where it stands; null where it has no lens yet. */
export function cutShort(
  run: Run,
  { progress, learnt }: RunState,
  control: Pick<Control, "seconds" | "notice" | "onReport">,
): Promise<Outcome> | null {
  if (!progress.best) return null;
  const watched = progress.report!.heldOutPositions; // the best was reported
  const figures = { ...watchedFigures(progress, watched), lens: progress.best };
  return end(run, { progress: { ...progress, isCut: true }, learnt }, figures, control);
}

async function learn<Hidden>(underway: Underway<Hidden>): Promise<void> {
  const { run, note } = underway;
  if (!underway.progress.logit) {
    const logit = await underway.measure(logitLens(run));
    checkLogitFigures(run, logit);
    note({ logit, lens: logit });
    await underway.report("start", true);
  }
  if (underway.progress.phase === "closedForm") {
    const start = underway.learnt.start ?? (await startOf(underway));
    underway.learn({ start });
    const lens = underway.lensOf(start);
    const kl = await underway.measure(lens);
    checkStartFigures(run, kl);
    underway.learn({ best: start });
    note({ phase: "steps", start: kl, lens: kl, best: kl });
    underway.show(lens);
    await underway.report(run.settings.start === "closedForm" ? "closedForm" : "steps", true);
  }
  if (underway.progress.phase === "steps") {
    await takeSteps(underway);
    note({ phase: "final" });
  }
}

/** The translators of the trained layers that the steps begin with. */
async function startOf<Hidden>(underway: Underway<Hidden>): Promise<readonly Translator[]> {
  const { run } = underway;
  if (run.settings.start === "closedForm") return closedForm(underway);
  const { dModel } = run.model;
  return run.layers.map(
    (layer) =>
      run.startTranslators[layer] ?? {
        weight: new Float32Array(dModel * dModel),
        bias: new Float32Array(dModel),
      },
  );
}

/** Of all held-out positions, or as many as the clock has time for: the best lens, the logit lens, the start. */
async function finalFigures<Hidden>(underway: Underway<Hidden>): Promise<Figures> {
  const { kit, run, learnt, progress, note, signal } = underway;
  const lenses = [underway.lensOf(learnt.best!), logitLens(run), underway.lensOf(learnt.start!)];
  underway.show(lenses[0]);
  const most = finalPositions(run, progress.pace);
  const { klByLayer, positions } = await heldOutKl(
    kit,
    run.text.heldOut,
    most,
    lenses,
    run.layers,
    signal,
    async (finalRead) => {
      note({ finalRead });
      await underway.between();
      await underway.report("steps", false);
    },
  );
  const [lens, logit, start] = klByLayer;
  return { lens, logit, start, positions };
}

async function end(
  run: Run,
  { learnt, ...at }: RunState,
  figures: Figures,
  control: Pick<Control, "seconds" | "notice" | "onReport">,
): Promise<Outcome> {
  const progress = { ...at.progress, seconds: control.seconds() };
  const notice = control.notice();
  const report = reportOf(run, progress, "done", figures, figures.positions, true, notice);
  await control.onReport(report);
  const ended =
    progress.divergedAt !== null ? "diverged" : isCut(run, progress) ? "stopped" : "done";
  return {
    translators: wholeLens(run, learnt.best!),
    start: wholeLens(run, learnt.start ?? []),
    figures,
    progress,
    report,
    ended,
    notice: noticeOf(run, progress),
  };
}

function noticeOf({ settings }: Run, { divergedAt, step, bestStep }: Progress): string | null {
  if (divergedAt !== null) return new TrainingDivergedError(divergedAt).message;
  if (step === 0 || bestStep > 0) return null;
  return `The steps made it no better on held-out text; the lens is ${startWords[settings.start]}.`;
}

/** The clock or the visitor ended what the settings ask for. */
const isCut = (run: Run, { isCut, step }: Progress) => isCut || step < plannedSteps(run);

const logitLens = ({ model }: Run): Translators => Array(model.nLayers).fill(null);
