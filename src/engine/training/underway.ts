import type { LensTrainer, MomentSums } from "../../lens/trainingBackend";
import type { Translator } from "../../lens/translator";
import type { TrainingKit } from "../reader";
import type { TrainingReport } from "../trainingProtocol";
import type { Control } from "./control";
import { reportOf, watchedFigures, wholeLens } from "./figures";
import { openWatch, type Translators } from "./heldOut";
import { type Pace, seen } from "./pace";
import type { KlByLayer, Learnt, Progress, Run, RunState } from "./runState";
import { openForward } from "./sequences";

/** Held-out positions that are measured while a training runs. */
export const watchedPositions = 128;

/** A training that is under way: what its parts read, change, say and can be interrupted by. */
export async function openUnderway<Hidden>(
  kit: TrainingKit<Hidden>,
  run: Run,
  from: RunState,
  control: Control,
) {
  const { signal } = control;
  const forward = openForward(kit);
  const watch = await openWatch(kit, run.text.heldOut, watchedPositions, run.layers, signal).catch(
    (error) => {
      forward.dispose();
      throw error;
    },
  );
  let { progress, learnt } = from;
  let sums: MomentSums<Hidden> | null = null;
  let trainer: LensTrainer<Hidden> | null = null;
  /** Parts that have run here before: the first of each also makes what it runs on. */
  const isWarm = new Map<keyof Pace, boolean>();

  const note = (change: Partial<Progress>) => {
    progress = { ...progress, ...change };
  };
  const snapshot = async (): Promise<RunState> => ({
    progress: { ...progress, seconds: control.seconds() },
    learnt: {
      ...learnt,
      moments: sums && progress.taken > 0 ? await sums.read() : learnt.moments,
      trainer: trainer ? await trainer.save() : learnt.trainer,
    },
  });
  const between = () => control.between(snapshot);

  /** Spent on parts that are timed already, inside of one that is under way. */
  let inside = 0;

  /** Does a part of the work, and notes what one of its units took, without the parts inside of it. */
  async function timed<T>(part: keyof Pace, units: number, work: () => Promise<T>): Promise<T> {
    const outside = inside;
    inside = 0;
    const before = control.seconds();
    const result = await work();
    const all = control.seconds() - before;
    const seconds = (all - inside) / units;
    inside = outside + all;
    const { pace } = progress;
    const hasRun = isWarm.get(part);
    isWarm.set(part, true);
    if (hasRun === undefined) {
      // It stands only until there is a second.
      if (pace[part] !== null) return result;
      isWarm.set(part, false);
    }
    note({ pace: seen(hasRun ? pace : { ...pace, [part]: null }, part, seconds) });
    return result;
  }

  return {
    kit,
    run,
    forward,
    signal,
    between,
    timed,
    note,
    get progress(): Progress {
      return progress;
    },
    get learnt(): Learnt {
      return learnt;
    },
    learn(change: Partial<Learnt>): void {
      learnt = { ...learnt, ...change };
    },
    watched: watch.positions,
    seconds: control.seconds,
    lensOf: (trained: readonly Translator[]) => wholeLens(run, trained),
    show: control.onLens,
    /** The watched positions with a lens: KL(final ‖ lens) of each trained layer. */
    measure: (translators: Translators): Promise<KlByLayer> =>
      timed("heldOut", watch.positions, () => watch.klByLayer(translators, signal, between)),
    async report(phase: TrainingReport["phase"], isMeasured: boolean): Promise<void> {
      note({ seconds: control.seconds() });
      const { positions } = watch;
      const figures = watchedFigures(progress, positions);
      const notice = control.notice();
      const report = reportOf(run, progress, phase, figures, positions, isMeasured, notice);
      note({ report });
      if (isMeasured) note({ history: [...progress.history, report] });
      await control.onReport(report);
    },
    /** Sums that belong to what is saved, until they are closed. */
    openMoments(): MomentSums<Hidden> {
      sums = kit.backend.openMoments(run.layers);
      if (learnt.moments) sums.load(learnt.moments);
      learnt = { ...learnt, moments: null };
      return sums;
    },
    closeMoments(): void {
      sums?.dispose();
      sums = null;
    },
    /** A trainer that belongs to what is saved, until it is closed. */
    takeTrainer(opened: LensTrainer<Hidden>): void {
      trainer = opened;
      if (learnt.trainer) trainer.load(learnt.trainer);
      learnt = { ...learnt, trainer: null };
    },
    closeTrainer(): void {
      trainer?.dispose();
      trainer = null;
    },
    dispose(): void {
      forward.dispose();
      watch.dispose();
      sums?.dispose();
      trainer?.dispose();
    },
  };
}

export type Underway<Hidden> = Awaited<ReturnType<typeof openUnderway<Hidden>>>;
