import { createStore } from "zustand/vanilla";

import type { Evaluation, EvaluationRequest, TrainingEngine } from "../engine/trainingProtocol";
import { LensError, TrainingError } from "../errors";
import { evaluationCsv, evaluationJson } from "../lens/evaluationTable";
import type { App } from "../lens/readingJson";
import { onNextFrame } from "../math/onNextFrame";
import type { EvaluationState, EvaluationStatus } from "./evaluationState";
import { download, lensFileName } from "./exportReading";
import { createLatest, type Schedule } from "./latest";
import { orAbort } from "./orAbort";
import { type ReadingStore, shownOnPage } from "./readingStore";
import type { TrainingStore } from "./trainingStore";

const everything: EvaluationRequest = {
  lenses: ["logit"],
  positions: null,
  transferOf: null,
  seed: 0,
};

/** @throws TrainingError if an evaluation is under way */
export function refuseSecondEvaluation({ status }: EvaluationStatus): void {
  if (status === "idle" || status === "failed") return;
  throw new TrainingError("An evaluation is under way. Wait until it is done, or cancel it.");
}

/** Lenses, held to the text of the Train tab's form. */
export function createEvaluationStore(
  engine: Pick<TrainingEngine, "evaluate" | "cancelEvaluation">,
  reading: ReadingStore,
  training: TrainingStore,
  app: App,
  schedule: Schedule = onNextFrame,
) {
  /** Until the engine evaluates, this ends it. */
  let starting: AbortController | null = null;

  return createStore<EvaluationState>()((set, get) => {
    reading.subscribe(({ info }, before) => {
      if (info === before.info) return;
      const names = (of: typeof info) => of?.lenses.map(({ name }) => name) ?? [];
      set({ request: afterChange(get().request, names(before.info), names(info)) });
    });

    training.subscribe(({ textStatus }, { textStatus: before }) => {
      const { progress } = get();
      if (textStatus === before || before.status !== "failed" || progress.status !== "failed")
        return;
      if (progress.error === before.error) set({ progress: { status: "idle" } }); // it holds no longer
    });

    /** @param asked by a script; null: what the form says */
    async function prepare(
      asked: Partial<EvaluationRequest> | null,
      signal: AbortSignal,
    ): Promise<EvaluationRequest> {
      const { lenses } = await orAbort(reading.getState().load(), signal);
      const open = lenses.map(({ name }) => name);
      const request = requestOf(asked ? { ...everything, lenses: open, ...asked } : get().request);
      checkRequest(request, open);
      forgetFailedRun(training);
      const isBegunHere = training.getState().textStatus.status !== "preparing";
      const end = () => isBegunHere && training.getState().cancelText(); // a training may wait for it
      signal.addEventListener("abort", end, { once: true });
      await orAbort(training.getState().prepare(), signal);
      signal.removeEventListener("abort", end);
      return request;
    }

    async function evaluate(asked: Partial<EvaluationRequest> | null): Promise<Evaluation> {
      refuseSecondEvaluation(get().progress);
      const mine = new AbortController();
      starting = mine;
      set({ progress: { status: "starting" }, notice: null, saved: null });
      const report = createLatest<EvaluationStatus>(schedule, (now) => {
        const { status } = get().progress;
        if (starting === null && (status === "starting" || status === "running"))
          set({ progress: now });
      });
      try {
        const request = await prepare(asked, mine.signal);
        starting = null;
        const evaluation = await engine.evaluate(request, app, (done, all) =>
          report({ status: "running", done, all }),
        );
        set({ evaluation, progress: { status: "idle" }, notice: evaluation.notice });
        return evaluation;
      } catch (error) {
        set({
          progress: error instanceof LensError ? { status: "failed", error } : { status: "idle" },
        });
        throw error;
      } finally {
        starting = null;
      }
    }

    return {
      request: everything,
      progress: { status: "idle" },
      evaluation: null,
      notice: null,
      saved: null,

      setRequest: (fields) => set({ request: { ...get().request, ...fields } }),
      evaluate: () => shownOnPage(evaluate(null)),
      evaluateOrThrow: (asked = {}) => evaluate(asked),
      cancel() {
        const { status } = get().progress;
        if (status !== "starting" && status !== "running") return;
        if (starting) {
          starting.abort(new DOMException("The evaluation was cancelled.", "AbortError"));
          return;
        }
        set({ progress: { status: "cancelling" } });
        void shownOnPage(engine.cancelEvaluation());
      },
      save(format) {
        const { evaluation } = get();
        if (!evaluation) return;
        const text = format === "csv" ? evaluationCsv(evaluation) : evaluationJson(evaluation);
        const name = `evaluation-${lensFileName(evaluation.text.name)}.${format}`;
        download(new Blob([text], { type: types[format] }), name);
        set({ saved: `Saved as ${name}.` });
      },
      dismiss() {
        const { progress } = get();
        set({ notice: null });
        if (progress.status !== "failed") return;
        set({ progress: { status: "idle" } });
        const { textStatus, dismiss } = training.getState();
        if (textStatus.status === "failed" && textStatus.error === progress.error) dismiss();
      },
    };
  });
}

/** Takes back that a training could not have its text, which the evaluation is about to say itself. */
function forgetFailedRun(training: TrainingStore): void {
  const { run, textStatus, dismiss } = training.getState();
  if (run.status !== "failed" || textStatus.status !== "failed") return;
  if (run.error === textStatus.error) dismiss();
}

const types = { csv: "text/csv", json: "application/json" } as const;

/** With the logit lens, which comes first: no lens is shown without it. */
const requestOf = (request: EvaluationRequest): EvaluationRequest => ({
  ...request,
  lenses: [...new Set(["logit", ...request.lenses])],
});

/** @throws TrainingError that names a lens that is not open */
function checkRequest({ lenses, transferOf }: EvaluationRequest, open: readonly string[]): void {
  const named = transferOf === null ? lenses : [...lenses, transferOf];
  const unknown = named.find((name) => name !== "logit" && !open.includes(name));
  if (unknown === undefined) return;
  throw new TrainingError(
    `No lens named ${unknown} is open. Those that can be evaluated are ${["logit", ...open].join(", ")}.`,
  );
}

/** A lens that was opened is asked for too, and one that was closed no longer. */
function afterChange(
  request: EvaluationRequest,
  before: readonly string[],
  now: readonly string[],
): EvaluationRequest {
  const opened = now.filter((name) => !before.includes(name));
  const isThere = (name: string) => name === "logit" || now.includes(name);
  const { lenses, transferOf } = request;
  return {
    ...request,
    lenses: [...new Set([...lenses.filter(isThere), ...opened])],
    transferOf: transferOf !== null && isThere(transferOf) ? transferOf : null,
  };
}

export type EvaluationStore = ReturnType<typeof createEvaluationStore>;
