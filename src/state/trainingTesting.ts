import { vi } from "vitest";

import type {
  Evaluation,
  EvaluationRequest,
  OnTrainingReport,
  SavedRun,
  TextOptions,
  TextProgress,
  TextSource,
  TextSummary,
  Trained,
  TrainingEngine,
  TrainingEstimate,
  TrainingReceipt,
  TrainingReport,
} from "../engine/trainingProtocol";
import type { ModelInfo } from "../lens/reading";
import { defaultSettings } from "../lens/trainingDefaults";
import type { TrainingSettings } from "../lens/trainingSettings";

export const summaryNamed = (name: string): TextSummary => ({
  name,
  kind: "text",
  sampling: null,
  characters: 1000,
  bytes: 1000,
  documents: 1,
  tokens: 300,
  sequences: 5,
  sequenceLength: 64,
  trainPositions: 256,
  heldOutPositions: 64,
  heldOutBytes: 200,
  idsSha256: "0".repeat(64),
  sha256: "1".repeat(64),
});

export const estimate: TrainingEstimate = {
  closedFormSeconds: 1,
  stepSeconds: 2,
  steps: 4,
  evaluationSeconds: 1,
  totalSeconds: 4,
  memoryBytes: 1e6,
  storageBytes: 1e5,
};

/** A report after so many steps; `step: 0` is the start's. */
export const reportAt = (step: number, more: Partial<TrainingReport> = {}): TrainingReport => ({
  phase: step === 0 ? "start" : "steps",
  step,
  steps: 4,
  positions: 64 * step,
  seconds: step,
  secondsLeft: 4 - step,
  positionsPerSecond: 64,
  layers: [0],
  heldOutKl: 8 - step,
  logitHeldOutKl: 8,
  startHeldOutKl: 8,
  heldOutKlByLayer: [8 - step],
  logitHeldOutKlByLayer: [8],
  startHeldOutKlByLayer: [8],
  heldOutPositions: 64,
  bitsPerByte: 0.5,
  isMeasured: true,
  isSaved: false,
  notice: null,
  ...more,
});

export const receiptOf = (model: ModelInfo, settings: TrainingSettings): TrainingReceipt => ({
  model,
  text: summaryNamed("pasted"),
  settings,
  start: { kind: settings.start, name: null, sha256: null },
  loss: settings.loss,
  learningRate: 1e-3,
  weightDecay: 0,
  schedule: "falling",
  rates: "same",
  steps: 4,
  lensStep: 4,
  positions: 256,
  layers: [0],
  heldOutKl: {
    unit: "nats",
    direction: "KL(final || lens)",
    positions: 64,
    lens: [4],
    logit: [8],
    start: [8],
  },
  backend: "wasm",
  threads: 2,
  adapter: null,
  seconds: 4,
  app: { name: "midthought", version: "0.1.0" },
  date: "2026-01-01T00:00:00.000Z",
  ended: "done",
});

/** Of a training that lies on this machine. */
export const savedModel: ModelInfo = {
  name: "tiny",
  family: "llama",
  nLayers: 1,
  dModel: 4,
  vocab: 8,
  sha256: "0".repeat(64),
};

export const savedRunOf = (model: ModelInfo): SavedRun => ({
  model,
  isOfModel: true,
  text: summaryNamed("saved"),
  settings: { ...defaultSettings, seed: 7 },
  lens: "saved",
  report: reportAt(2),
  history: [reportAt(0), reportAt(1)],
  savedAt: "2026-01-01T00:00:00.000Z",
});

export const evaluationOf = (model: ModelInfo, { lenses }: EvaluationRequest): Evaluation => ({
  model,
  text: summaryNamed("pasted"),
  positions: 64,
  sequences: 1,
  bitsPerByte: 0.5,
  lenses: lenses.map((name) => ({
    name,
    kind: name === "logit" ? "logit" : "tuned",
    sha256: null,
    rows: [],
  })),
  transfer: null,
  notice: null,
  app: { name: "midthought", version: "0.1.0" },
  backend: "wasm",
  date: "2026-01-01T00:00:00.000Z",
});

const aborted = () => new DOMException("aborted", "AbortError");

type Held<Asked, Result> = Asked & {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
};

/** A training of the fake engine, which goes as the test says. */
export type HeldTraining = Held<
  {
    readonly settings: TrainingSettings;
    /** Resolves once the page lets the training go on. */
    readonly report: (report: TrainingReport) => Promise<void>;
    /** Ends well, as a lens of that name. */
    readonly end: (lens: string, more?: Partial<Trained>) => void;
  },
  Trained
>;

/** The part of the fake engine that trains: what takes time ends when the test says so. */
export function fakeTraining(model: () => ModelInfo) {
  const texts: Held<
    {
      readonly source: TextSource;
      readonly options: TextOptions;
      readonly report: (progress: TextProgress) => void;
    },
    TextSummary
  >[] = [];
  const estimates: Held<{ readonly settings: TrainingSettings }, TrainingEstimate>[] = [];
  const trainings: HeldTraining[] = [];
  const evaluations: Held<
    {
      readonly request: EvaluationRequest;
      readonly report: (done: number, all: number) => void;
    },
    Evaluation
  >[] = [];

  const hold = (settings: TrainingSettings, onReport: OnTrainingReport) =>
    new Promise<Trained>((resolve, reject) => {
      const end = (lens: string, more: Partial<Trained> = {}) =>
        resolve({
          lens,
          receipt: receiptOf(model(), settings),
          report: reportAt(4, { phase: "done" }),
          notice: null,
          ...more,
        });
      const report = async (said: TrainingReport) => onReport(said);
      trainings.push({ settings, report, end, resolve, reject });
    });

  const engine = {
    prepareText: vi.fn<TrainingEngine["prepareText"]>(
      (source, options, report) =>
        new Promise((resolve, reject) => {
          texts.push({ source, options, report, resolve, reject });
        }),
    ),
    cancelText: vi.fn<TrainingEngine["cancelText"]>(async () => texts.at(-1)?.reject(aborted())),
    estimateTraining: vi.fn<TrainingEngine["estimateTraining"]>(
      (settings) =>
        new Promise((resolve, reject) => {
          estimates.push({ settings, resolve, reject });
        }),
    ),
    train: vi.fn<TrainingEngine["train"]>((settings, _name, _app, onReport) =>
      hold(settings, onReport),
    ),
    pauseTraining: vi.fn<TrainingEngine["pauseTraining"]>(async () => {}),
    continueTraining: vi.fn<TrainingEngine["continueTraining"]>(async () => {}),
    cancelTraining: vi.fn<TrainingEngine["cancelTraining"]>(async () =>
      trainings.at(-1)?.reject(aborted()),
    ),
    savedRun: vi.fn<TrainingEngine["savedRun"]>(async () => null),
    resumeTraining: vi.fn<TrainingEngine["resumeTraining"]>((_app, onReport) =>
      hold(savedRunOf(model()).settings, onReport),
    ),
    discardRun: vi.fn<TrainingEngine["discardRun"]>(async () => {}),
    evaluate: vi.fn<TrainingEngine["evaluate"]>(
      (request, _app, report) =>
        new Promise((resolve, reject) => {
          evaluations.push({ request, report, resolve, reject });
        }),
    ),
    cancelEvaluation: vi.fn<TrainingEngine["cancelEvaluation"]>(async () =>
      evaluations.at(-1)?.reject(aborted()),
    ),
    trainElsewhere: vi.fn<TrainingEngine["trainElsewhere"]>(async () => new Blob(["zip"])),
    receipt: vi.fn<TrainingEngine["receipt"]>(async () => null),
  } satisfies TrainingEngine;
  return { engine, texts, estimates, trainings, evaluations };
}
