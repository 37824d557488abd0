import type {
  Evaluation,
  OnTrainingReport,
  Trained,
  TrainingReport,
} from "../engine/trainingProtocol";
import { type EvaluationStore, refuseSecondEvaluation } from "./evaluationStore";
import { createHandover, type Handover } from "./handover";
import type { ReadingStore } from "./readingStore";
import {
  type EvaluationOptions,
  parseEvaluationOptions,
  parseTrainingOptions,
  type TextGiven,
  type TrainingOptions,
} from "./trainingOptions";
import { refuseSecond } from "./trainingRun";
import type { TrainingStore } from "./trainingStore";

/** `midthought.train` and `midthought.evaluate`: they go through the Train tab, which shows them. */
export function createTrainingScript(
  reading: ReadingStore,
  training: TrainingStore,
  evaluation: EvaluationStore,
) {
  function fill({ text, sample, options }: TextGiven): void {
    const { give, setText, setTextOptions } = training.getState();
    setText(text === null ? { choice: "sample", sample } : { sample });
    if (text !== null) give(text);
    setTextOptions(options);
  }

  /** Rejects where the options are refused; nothing has begun then. */
  async function begin(options: TrainingOptions, give: OnTrainingReport): Promise<Trained> {
    const nLayers = reading.getState().info?.model.nLayers ?? null;
    const { text, settings, name } = parseTrainingOptions(options, nLayers);
    const { run, setSettings, trainOrThrow } = training.getState();
    refuseSecond(run);
    fill(text);
    setSettings(settings);
    return trainOrThrow(name, give);
  }

  function train(options: TrainingOptions): AsyncGenerator<TrainingReport, void, void> {
    const reports = createHandover<TrainingReport>();
    const done = begin(options, reports.give);
    done.catch(() => {}); // whoever asks for a report hears of it
    return follow(done, reports);
  }

  async function* follow(
    done: Promise<Trained>,
    reports: Handover<TrainingReport>,
  ): AsyncGenerator<TrainingReport, void, void> {
    let isOver = false;
    const over = () => {
      isOver = true;
      reports.end();
    };
    done.then(over, over);
    try {
      for (let report = await reports.take(); report; report = await reports.take()) yield report;
      await done;
      await training.getState().useLens();
    } finally {
      const cancelled = isOver ? null : training.getState().cancel(); // the loop was left
      reports.end();
      await cancelled;
      await done.catch(() => {});
    }
  }

  async function evaluate(options: EvaluationOptions = {}): Promise<Evaluation> {
    const { text, request } = parseEvaluationOptions(options);
    refuseSecondEvaluation(evaluation.getState().progress);
    if (text) fill(text);
    return evaluation.getState().evaluateOrThrow(request);
  }

  return { train, evaluate };
}

export type TrainingScript = ReturnType<typeof createTrainingScript>;
