import type {
  OnTrainingReport,
  TextSummary,
  Trained,
  TrainingEngine,
  TrainingReport,
} from "../engine/trainingProtocol";
import { LensError, TrainingError } from "../errors";
import type { ModelInfo } from "../lens/reading";
import type { TrainingSettings } from "../lens/trainingSettings";
import { isAbort, type ReadingStore, shownOnPage } from "./readingStore";
import { createTrainedLens, type LensEngine } from "./trainedLens";
import type { Machine, RunStatus, TrainingState } from "./trainingState";

/** What the page shows of a run, and of the lens that came of it. */
type Shown = Pick<
  TrainingState,
  "receipt" | "lens" | "runText" | "runSettings" | "runModel" | "runMachine" | "report" | "history"
>;
type Slice = Shown & Pick<TrainingState, "run" | "notice" | "saved">;
type Port = {
  readonly get: () => Slice;
  readonly set: (change: Partial<Slice>) => void;
};

/** A training that is about to begin: what it is of, and the call that it is. */
export type Beginning = {
  readonly text: TextSummary;
  readonly settings: TrainingSettings;
  readonly model: ModelInfo;
  readonly machine: Machine;
  /** That the lens is to have. */
  readonly name: string;
  readonly report: TrainingReport | null;
  readonly history: readonly TrainingReport[];
  readonly train: (onReport: OnTrainingReport) => Promise<Trained>;
};

export type RunEngine = LensEngine &
  Pick<TrainingEngine, "pauseTraining" | "continueTraining" | "cancelTraining">;

export const nothingShown: Shown = {
  receipt: null,
  lens: null,
  runText: null,
  runSettings: null,
  runModel: null,
  runMachine: null,
  report: null,
  history: [],
};

/** Whether a training is begun and not over. */
export const isUnderWay = ({ status }: RunStatus) =>
  status !== "idle" && status !== "done" && status !== "failed";

/** @throws TrainingError if a training is under way */
export function refuseSecond(run: RunStatus): void {
  if (!isUnderWay(run)) return;
  throw new TrainingError("A training is under way. Wait until it is done, or cancel it.");
}

/** What a report says for as long as it holds; other notices are of what the visitor did last. */
const noticeOf = (report: TrainingReport | null) => report?.notice ?? null;

/** The one training of the page, from the button to its end. */
export function createTrainingRun(engine: RunEngine, reading: ReadingStore, { get, set }: Port) {
  /** Until the engine trains, this ends it. */
  let starting: AbortController | null = null;
  /** Whoever listens to the reports is no longer waited for. */
  let stopWaiting = () => {};

  function follow(wanted: string, show: () => void, listen: OnTrainingReport) {
    const before = new Set(reading.getState().info?.lenses.map(({ name }) => name));
    const lens = createTrainedLens(engine, reading, before, wanted, (name) => set({ lens: name }));
    const cancelled = new Promise<void>((resolve) => {
      stopWaiting = resolve;
    });
    const onReport = (report: TrainingReport) => {
      show();
      const { run, history, notice, report: before } = get();
      set({
        report,
        notice: report.notice === noticeOf(before) ? notice : report.notice,
        history: report.isMeasured ? [...history, report] : history,
        run: run.status === "starting" ? { status: "running" } : run,
        saved: null, // this one is in its place
      });
      if (report.isMeasured) void lens.grew();
      return Promise.race([listen(report), cancelled]);
    };
    return { onReport, lens };
  }

  /**
   * Runs a training to its end; the page shows it meanwhile.
   *
   * @param prepare is given what ends it before the engine trains
   * @param listen what it returns, the training waits for
   * @throws LensError what the page then shows
   * @throws DOMException named `AbortError` where it was cancelled before there was a lens
   */
  async function run(
    prepare: (signal: AbortSignal) => Promise<Beginning>,
    listen: OnTrainingReport = () => {},
  ): Promise<Trained> {
    refuseSecond(get().run);
    const mine = new AbortController();
    starting = mine;
    set({ run: { status: "starting" }, notice: null });
    try {
      const beginning = await prepare(mine.signal);
      mine.signal.throwIfAborted();
      starting = null;
      const show = showOnce(beginning);
      if (beginning.report || !get().receipt) show();
      const { onReport, lens } = follow(beginning.name, show, listen);
      try {
        const trained = await beginning.train(onReport);
        await lens.done(trained.lens);
        show();
        end(trained);
        return trained;
      } catch (error) {
        await lens.done(null);
        throw error;
      }
    } catch (error) {
      if (error instanceof LensError) set({ run: { status: "failed", error } });
      else set({ run: { status: "idle" } });
      if (isAbort(error)) {
        const isOfThisRun = get().receipt === null;
        set({ ...(isOfThisRun ? nothingShown : {}), notice: "Cancelled before there was a lens." });
      }
      throw error;
    } finally {
      if (starting === mine) starting = null;
    }
  }

  /** Puts a run in the place of the one before, and of its receipt. */
  function showOnce({ text, settings, model, machine, report, history }: Beginning): () => void {
    let isShown = false;
    return () => {
      if (isShown) return;
      isShown = true;
      const run = { runText: text, runSettings: settings, runModel: model, runMachine: machine };
      set({ ...nothingShown, ...run, report, history, notice: noticeOf(report) });
    };
  }

  function end({ lens, receipt, report, notice }: Trained): void {
    const { history } = get();
    const last = history.at(-1);
    const isNew = report.isMeasured && (last?.phase !== report.phase || last.step !== report.step);
    set({
      receipt,
      lens,
      report,
      history: isNew ? [...history, report] : history,
      notice,
      run: { status: "done" },
      saved: null,
    });
  }

  /** Moves on where the training still stands as it did; what cannot be done is said beside it. */
  async function turn(
    from: RunStatus["status"],
    between: RunStatus,
    to: RunStatus,
    act: () => Promise<void>,
  ): Promise<void> {
    if (get().run.status !== from) return;
    set({ run: between, notice: noticeOf(get().report) });
    const isStill = () => get().run === between;
    try {
      await act();
      if (isStill()) set({ run: to });
    } catch (error) {
      if (isStill()) set({ run: { status: from } as RunStatus });
      if (!(error instanceof LensError)) throw error;
      set({ notice: error.message });
    }
  }

  return {
    run,
    pause: () =>
      turn("running", { status: "pausing" }, { status: "paused" }, () => engine.pauseTraining()),
    continueTraining: () =>
      turn("paused", { status: "running" }, { status: "running" }, () => engine.continueTraining()),
    async cancel(): Promise<void> {
      if (!isUnderWay(get().run) || get().run.status === "cancelling") return;
      if (starting) {
        starting.abort(new DOMException("The training was cancelled.", "AbortError"));
        return;
      }
      set({ run: { status: "cancelling" } });
      const cancelled = engine.cancelTraining();
      stopWaiting();
      await shownOnPage(cancelled);
    },
  };
}
