import { nextTask } from "../../math/nextTask";
import type { TrainingKit } from "../reader";
import type { OnTrainingReport, TrainingReport } from "../trainingProtocol";
import type { Checkpoint } from "./checkpoint";
import type { Control } from "./control";
import type { Translators } from "./heldOut";
import { type Kept, keptNotice, problemOf } from "./kept";
import type { Run, RunState } from "./runState";
import { cutShort, type Outcome, train } from "./train";

/** A run so short is not worth a save. */
const firstSaveMs = 10_000;
/** Times that a save took until the next: at most 5 % of the time goes into them. */
const saveEvery = 20;
/** Between two reports that have nothing new. */
const reportMs = 200;

/** A model to train with; where its GPU is lost the task runs again, on another. */
export type WithKit = <T>(
  task: <Hidden>(kit: TrainingKit<Hidden>, isGpu: boolean, stop: AbortSignal) => Promise<T>,
  signal: AbortSignal,
) => Promise<T>;

export type Driven = {
  /** @throws the reason that it was ended with, where there is no lens yet */
  readonly done: Promise<Outcome>;
  /** What the visitor should know of it, a sentence; null: nothing. */
  notice(): string | null;
  /** Resolves once the block under way is done and saved, the training goes on again, or has ended. */
  pause(): Promise<void>;
  continue(): void;
  /** The best so far is what comes out. */
  cancel(): void;
  /** Saves it, and ends it with the error that says how it is kept. */
  setAside(reason: (kept: Kept) => Error): Promise<void>;
};

/**
 * Runs a training: saves it now and then, pauses it, ends it, and takes it up again where a GPU is lost.
 *
 * @param from a state of the run
 * @param checkpoint of this run; null where nothing is kept
 */
export function drive(
  run: Run,
  from: RunState,
  checkpoint: Pick<Checkpoint, "save" | "isOnDisk"> | null,
  withKit: WithKit,
  on: { readonly report: OnTrainingReport; readonly lens: (translators: Translators) => void },
  now: () => number = () => performance.now(),
): Driven {
  const life = new AbortController();
  const cancelled = new DOMException("The training was cancelled.", "AbortError");
  /** With the last save. */
  let problem: Kept["problem"] = checkpoint ? null : "noFiles";
  /** Runs on a reader; a GPU that was lost ends one, and what that one still says is not heard. */
  let attempts = 0;
  /** The newest state of a GPU, which can be lost. */
  let newest: RunState | null = null;
  /** That a GPU was lost, and where it went on: the receipt knows the last machine only. */
  let lost: string | null = null;
  let nextSaveAt = now() + firstSaveMs;
  /** The newest, which is not heard where it comes too soon after another. */
  let reported: TrainingReport | null = null;
  let isHeard = true;
  let reportedAt = Number.NEGATIVE_INFINITY;

  /** When the time began to count, moved on by each pause. */
  let countsFrom = now() - 1000 * from.progress.seconds;
  let pause: { saved: Deferred; continued: Deferred } | null = null;
  const leaving = deferred();
  let isSetAside = false;

  /** Writes a state to disk; where that cannot be, the next save tries again. */
  async function keep(state: RunState): Promise<void> {
    if (!checkpoint) return;
    try {
      await checkpoint.save(state);
      problem = null;
    } catch (error) {
      problem = problemOf(error);
      if (!problem) throw error;
    }
  }
  const kept = (): Kept => ({ isOnDisk: checkpoint?.isOnDisk() ?? false, problem });
  const notice = () => [run.notice, lost, keptNotice(kept())].filter(Boolean).join(" ") || null;

  async function save(snapshot: () => Promise<RunState>, isGpu: boolean): Promise<void> {
    if (!checkpoint && !isGpu) return;
    const before = now();
    const state = await snapshot();
    if (isGpu) newest = structuredClone(state);
    await keep(state);
    nextSaveAt = now() + saveEvery * (now() - before);
  }

  /** Whoever listens is waited for, but not where it waits itself for the training to be set aside. */
  const tell = (report: TrainingReport) => Promise.race([on.report(report), leaving.promise]);

  const controlOf = (attempt: number, isGpu: boolean, signal: AbortSignal): Control => ({
    signal,
    isCancelled: () => life.signal.reason === cancelled,
    seconds: () => (now() - countsFrom) / 1000,
    async between(snapshot) {
      await nextTask();
      signal.throwIfAborted();
      if (!pause) {
        if (now() >= nextSaveAt) await save(snapshot, isGpu);
        return;
      }
      const { saved, continued } = pause;
      await save(snapshot, isGpu);
      const halted = { isMeasured: false, isSaved: problem === null, notice: notice() };
      const isKnown = reported?.isSaved === halted.isSaved && reported.notice === halted.notice;
      if (reported && !(isHeard && isKnown)) {
        reported = { ...reported, ...halted };
        isHeard = true;
        await tell(reported); // the next one may be hours away
      }
      const pausedAt = now();
      saved.resolve();
      await Promise.race([continued.promise, aborted(signal)]);
      countsFrom += now() - pausedAt;
      nextSaveAt += now() - pausedAt;
      signal.throwIfAborted();
    },
    notice,
    onLens(translators) {
      if (attempt === attempts) on.lens(translators);
    },
    async onReport(report: TrainingReport) {
      if (attempt !== attempts) return;
      reported = report;
      isHeard = report.isMeasured || now() - reportedAt >= reportMs;
      if (!isHeard) return;
      reportedAt = now();
      await tell(report);
    },
  });

  const done = withKit(async (kit, isGpu, stop) => {
    const attempt = ++attempts;
    const state = newest ? structuredClone(newest) : from;
    if (attempt > 1) lost = lostNotice(state, isGpu);
    return train(kit, run, state, controlOf(attempt, isGpu, stop));
  }, life.signal).catch((error) => {
    // Before the model was there to go on with, or while a lost GPU was replaced.
    const control = controlOf(attempts, false, life.signal);
    const outcome = control.isCancelled() ? cutShort(run, newest ?? from, control) : null;
    if (!outcome) throw error;
    return outcome;
  });
  const ended = done.then(
    () => {},
    () => {},
  );

  async function halt(): Promise<void> {
    pause ??= { saved: deferred(), continued: deferred() };
    await Promise.race([pause.saved.promise, ended]);
  }

  return {
    done,
    notice,
    pause: halt,
    continue() {
      if (isSetAside) return;
      pause?.continued.resolve();
      pause?.saved.resolve(); // the block under way may not be over: there is no pause then
      pause = null;
    },
    cancel: () => life.abort(cancelled),
    async setAside(reason) {
      isSetAside = true; // whoever wants it to go on now is too late
      leaving.resolve();
      await halt();
      life.abort(reason(kept()));
      await ended;
    },
  };
}

/** `The GPU was lost: the training went on from step 41 with the processor.` */
function lostNotice({ progress: { phase, step, taken } }: RunState, isGpu: boolean): string {
  const wentOn =
    phase !== "closedForm"
      ? `went on from step ${step.toLocaleString("en")}`
      : taken > 0
        ? "went on in its closed form"
        : "began anew";
  return `The GPU was lost: the training ${wentOn} with ${isGpu ? "a new one" : "the processor"}.`;
}

type Deferred = { readonly promise: Promise<void>; readonly resolve: () => void };

function deferred(): Deferred {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: () => resolve() };
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
