import type { ModelInfo } from "../lens/reading";
import type { App } from "../lens/readingJson";
import type { Loss, Rates, Schedule, Start, TrainingSettings } from "../lens/trainingSettings";
import type { NamedBlob } from "./protocol";

/** Where a text comes from. */
export type TextSource =
  /** Pasted, a corpus of the page's, or a script's. */
  | { readonly kind: "text"; readonly name: string; readonly text: string }
  /** `.txt`: one document a file; `.jsonl`: one a line, its `text`. */
  | { readonly kind: "files"; readonly files: readonly NamedBlob[] }
  /** Written by the model itself, each sequence from the token that ends a text. */
  | {
      readonly kind: "sample";
      /** To train on and to hold out, together. */
      readonly positions: number;
      readonly temperature: number;
      readonly seed: number;
    };

export type TextOptions = {
  /** Positions a sequence, at most the model's context; null: 192, or the context where that is less. */
  readonly sequenceLength: number | null;
  /** Positions that are never trained on; null: 1,024, or a tenth of the text where that is less. */
  readonly heldOut: number | null;
};

/** A text as it is trained on and evaluated with: documents, tokenised, in sequences. */
export type TextSummary = {
  /** `pasted`, a file's or a corpus's name, `sampled from the model`. */
  readonly name: string;
  readonly kind: TextSource["kind"];
  /** How it was sampled; null where it was not. */
  readonly sampling: { readonly temperature: number; readonly seed: number } | null;
  readonly characters: number;
  readonly bytes: number;
  readonly documents: number;
  readonly tokens: number;
  readonly sequences: number;
  readonly sequenceLength: number;
  /** Positions that are trained on. */
  readonly trainPositions: number;
  readonly heldOutPositions: number;
  /** UTF-8 bytes that the held-out positions predict: of each sequence's text but its first token's. */
  readonly heldOutBytes: number;
  /** Of the token ids of all sequences as little-endian int32, lower-case hex. */
  readonly idsSha256: string;
  /** Of the text's UTF-8 bytes, documents joined by a newline; the sampled text's is of its decoded text. */
  readonly sha256: string;
};

/** Sampling and tokenising report, often. */
export type TextProgress = {
  readonly done: number;
  readonly all: number;
  readonly unit: "bytes" | "tokens";
};

/** What a training will take, before it runs. */
export type TrainingEstimate = {
  readonly closedFormSeconds: number;
  readonly stepSeconds: number;
  readonly steps: number;
  /** The held-out figures at the end. */
  readonly evaluationSeconds: number;
  readonly totalSeconds: number;
  readonly memoryBytes: number;
  /** What is kept on disk while it runs. */
  readonly storageBytes: number;
};

/**
 * What a training says as it goes. KL is KL(final ‖ lens) in nats, mean over held-out positions; lists
 * are by trained layer. Nothing here is of text that was trained on.
 */
export type TrainingReport = {
  /** `start`: the logit lens has been measured; `closedForm`, `steps`: under way; `done`: of all held-out positions. */
  readonly phase: "start" | "closedForm" | "steps" | "done";
  /** Optimiser steps taken. */
  readonly step: number;
  readonly steps: number;
  /** Positions that were trained on, those of the closed form included. */
  readonly positions: number;
  /** Time spent training: pauses and the time the page was closed do not count. */
  readonly seconds: number;
  /** Until all is done; null while it is not known. */
  readonly secondsLeft: number | null;
  readonly positionsPerSecond: number;
  /** The layers that the lists are of. */
  readonly layers: readonly number[];
  readonly heldOutKl: number;
  readonly logitHeldOutKl: number;
  readonly startHeldOutKl: number;
  readonly heldOutKlByLayer: readonly number[];
  readonly logitHeldOutKlByLayer: readonly number[];
  /** Of what the steps began with, as far as it is there: the logit lens until the closed form is solved. */
  readonly startHeldOutKlByLayer: readonly number[];
  /** Held-out positions that the figures are of. */
  readonly heldOutPositions: number;
  /** Bits a byte for each nat a position, on this held-out text: positions that predict a token, a byte, over ln 2. */
  readonly bitsPerByte: number;
  /** These figures are new: not those of the report before. */
  readonly isMeasured: boolean;
  /** It halts here, and all of it is on this machine's disk: a reload of the page loses nothing. */
  readonly isSaved: boolean;
  /** What the visitor should know: a start that may know what is held out, what keeps it from being kept on disk. */
  readonly notice: string | null;
};

/** What stands beside a trained lens, in the page and in `receipt.json`. */
export type TrainingReceipt = {
  readonly model: ModelInfo;
  readonly text: TextSummary;
  readonly settings: TrainingSettings;
  readonly start: {
    readonly kind: Start;
    readonly name: string | null;
    readonly sha256: string | null;
  };
  readonly loss: Loss;
  /** With the defaults filled in. */
  readonly learningRate: number;
  readonly weightDecay: number;
  readonly schedule: Schedule;
  readonly rates: Rates;
  readonly steps: number;
  /** The step after which the lens was as it is kept, of the lowest KL; 0: it is what the steps began with. */
  readonly lensStep: number;
  /** Those of the closed form, and those of the steps as often as they came. */
  readonly positions: number;
  readonly layers: readonly number[];
  readonly heldOutKl: {
    readonly unit: "nats";
    readonly direction: "KL(final || lens)";
    readonly positions: number;
    readonly lens: readonly number[];
    readonly logit: readonly number[];
    readonly start: readonly number[];
  };
  /** `pytorch`: elsewhere, by the page's script. */
  readonly backend: "wasm" | "webgpu" | "pytorch";
  readonly threads: number;
  readonly adapter: string | null;
  readonly seconds: number;
  readonly app: App;
  /** ISO 8601. */
  readonly date: string;
  /** `done`; `stopped` by the visitor or the clock; `diverged`: the best lens before that. */
  readonly ended: "done" | "stopped" | "diverged";
};

/** What is known of how an open lens was trained. */
export type KnownReceipt = {
  readonly training: TrainingReceipt;
  /** It came with the lens's file, beside it or within: the file's word, which nobody here has checked. */
  readonly isGiven: boolean;
};

/** A training that ended; the lens is open. */
export type Trained = {
  /** Among the open lenses. */
  readonly lens: string;
  readonly receipt: TrainingReceipt;
  readonly report: TrainingReport;
  /** What the visitor should know, a sentence; null where all went well. */
  readonly notice: string | null;
};

/** A training that was paused or cut off, as it lies on this machine. */
export type SavedRun = {
  readonly model: ModelInfo;
  /** It was trained on this model, which is the one in use. */
  readonly isOfModel: boolean;
  readonly text: TextSummary;
  readonly settings: TrainingSettings;
  /** The name that its lens was to have. */
  readonly lens: string;
  /** The last report before it was saved. */
  readonly report: TrainingReport | null;
  /** Every report that measured something, for the curves. */
  readonly history: readonly TrainingReport[];
  /** ISO 8601. */
  readonly savedAt: string;
};

/** Called with each report; the training waits for what it returns. */
export type OnTrainingReport = (report: TrainingReport) => void | Promise<void>;

/** Any open lenses on the prepared text's held-out part. */
export type EvaluationRequest = {
  /** By name; `logit` is the logit lens. */
  readonly lenses: readonly string[];
  /** Held-out positions at most; null: all. */
  readonly positions: number | null;
  /** Also each lens's translator j on hidden state i, for this lens; null: not. It costs layers squared. */
  readonly transferOf: string | null;
  /** Of the bootstrap. */
  readonly seed: number;
};

/** A mean over positions, and the 95 % interval of a bootstrap over sequences. */
export type Estimated = { readonly mean: number; readonly low: number; readonly high: number };

export type LayerEvaluation = {
  readonly row: number | "output";
  /** Nats a position. */
  readonly klFromFinal: Estimated;
  readonly crossEntropy: Estimated;
  readonly entropy: Estimated;
  /** Share of positions whose likeliest token is the output row's. */
  readonly agreement: Estimated;
};

export type LensEvaluation = {
  readonly name: string;
  readonly kind: "logit" | "tuned" | "jacobian";
  readonly sha256: string | null;
  /** By layer, then the output row. */
  readonly rows: readonly LayerEvaluation[];
};

export type Evaluation = {
  readonly model: ModelInfo;
  readonly text: TextSummary;
  readonly positions: number;
  readonly sequences: number;
  /** As a report's. */
  readonly bitsPerByte: number;
  readonly lenses: readonly LensEvaluation[];
  /** KL(final ‖ translator `j` on `h_i`) in nats, `[i][j]`, and the positions that it is the mean of. */
  readonly transfer: {
    readonly lens: string;
    readonly klFromFinal: readonly (readonly number[])[];
    readonly positions: number;
  } | null;
  /** What the visitor should know of the figures, a sentence: a lens may know what is held out; null: nothing. */
  readonly notice: string | null;
  readonly app: App;
  readonly backend: "wasm" | "webgpu";
  readonly date: string;
};

/** Training, as the worker offers it: one text, one training, one evaluation at a time. */
export type TrainingEngine = {
  /**
   * Takes the text that is trained on and evaluated with from then on; loads the model first where none is.
   *
   * @throws TrainingTextError with a sentence: too short, too long, binary, all one token
   */
  prepareText(
    source: TextSource,
    options: TextOptions,
    onProgress: (progress: TextProgress) => void,
  ): Promise<TextSummary>;
  /** Ends what `prepareText` does, which rejects with an `AbortError`; the text before stays. */
  cancelText(): Promise<void>;
  /** What a training of the prepared text would take here. The first call measures the machine, in a few seconds. */
  estimateTraining(settings: TrainingSettings): Promise<TrainingEstimate>;
  /**
   * Trains on the prepared text. The lens is open and is replaced as it grows, under the name that the
   * result has; what is saved of it on disk is gone when this is done. A run
   * of the model that lies there is replaced once this one is saved.
   *
   * @param name of the lens
   * @throws TrainingError with a sentence: another tab trains, a start that is not there, another model's run lies there
   */
  train(
    settings: TrainingSettings,
    name: string,
    app: App,
    onReport: OnTrainingReport,
  ): Promise<Trained>;
  /** The training halts after the block of work under way, is saved, and waits. Resolves once it is saved, or goes on. */
  pauseTraining(): Promise<void>;
  /** A paused training goes on. */
  continueTraining(): Promise<void>;
  /** The training ends; `train` resolves to the best lens so far, or rejects with an `AbortError` where there is none yet. */
  cancelTraining(): Promise<void>;
  /** What lies on this machine of a training that was cut off; null where there is none or it trains elsewhere now. */
  savedRun(): Promise<SavedRun | null>;
  /**
   * Goes on with the saved training, text and all, as `train` does.
   *
   * @throws TrainingError if it is of another model (both hashes are named)
   */
  resumeTraining(app: App, onReport: OnTrainingReport): Promise<Trained>;
  discardRun(): Promise<void>;
  evaluate(
    request: EvaluationRequest,
    app: App,
    onProgress: (done: number, all: number) => void,
  ): Promise<Evaluation>;
  cancelEvaluation(): Promise<void>;
  /** A zip that trains the same with PyTorch on a cluster: text, settings, script, requirements, README. */
  trainElsewhere(settings: TrainingSettings, app: App): Promise<Blob>;
  /** The receipt of an open lens that was trained here, or came with one; null for any other. */
  receipt(lens: string): Promise<KnownReceipt | null>;
};
