import type {
  KnownReceipt,
  OnTrainingReport,
  SavedRun,
  TextOptions,
  TextProgress,
  TextSummary,
  Trained,
  TrainingEstimate,
  TrainingReceipt,
  TrainingReport,
} from "../engine/trainingProtocol";
import type { LensError } from "../errors";
import type { ModelInfo } from "../lens/reading";
import type { TrainingSettings } from "../lens/trainingSettings";

/** Which of its fields the form takes the text from. */
export type TextChoice = "paste" | "file" | "corpus" | "sample";

/** The form's text, of each choice; what is pasted is not in here, for it may be large. */
export type TextFields = {
  readonly choice: TextChoice;
  /** Characters that are pasted. */
  readonly pastedLength: number;
  readonly files: readonly File[];
  /** Of `corpora`. */
  readonly corpus: string | null;
  readonly sample: {
    readonly positions: number;
    readonly temperature: number;
    readonly seed: number;
  };
  readonly options: TextOptions;
};

/** Where the page stands with the text. */
export type TextStatus =
  /** Nothing is given, or it is prepared when a training asks for it. */
  | { readonly status: "idle" }
  | { readonly status: "preparing"; readonly progress: TextProgress | null }
  | { readonly status: "ready"; readonly summary: TextSummary }
  | { readonly status: "failed"; readonly error: LensError };

/** Where the page stands with a training. */
export type RunStatus =
  | { readonly status: "idle" }
  /** The model is loaded or the text is prepared; no report yet. */
  | { readonly status: "starting" }
  | { readonly status: "running" }
  | { readonly status: "pausing" }
  | { readonly status: "paused" }
  | { readonly status: "cancelling" }
  | { readonly status: "done" }
  | { readonly status: "failed"; readonly error: LensError };

/** What a training runs on. */
export type Machine = Pick<TrainingReceipt, "backend" | "threads">;

export type TrainingState = {
  readonly text: TextFields;
  readonly textStatus: TextStatus;
  readonly settings: TrainingSettings;
  /** What the settings would take on this machine; null while it is not known. */
  readonly estimate: TrainingEstimate | null;

  readonly run: RunStatus;
  /**
   * Of the lens that was trained last. It stays, and what is shown of its run with it, until the next run
   * has a report: null then.
   */
  readonly receipt: TrainingReceipt | null;
  /** The name of the lens that is, or was last, trained; null before the first. */
  readonly lens: string | null;
  /** What the run began with: the form may have moved on, and another model may be open. */
  readonly runText: TextSummary | null;
  readonly runSettings: TrainingSettings | null;
  readonly runModel: ModelInfo | null;
  readonly runMachine: Machine | null;
  /** The last report of the run; null before there is one. */
  readonly report: TrainingReport | null;
  /** The run's reports that measured something, in their order: the curves. */
  readonly history: readonly TrainingReport[];
  /** What the visitor should know of the run, a sentence. */
  readonly notice: string | null;
  /** What became of the zip that trains elsewhere, a sentence. */
  readonly elsewhere: string | null;
  /** A training that was cut off, to go on with; null where there is none. */
  readonly saved: SavedRun | null;

  /** What stands in the paste field is this now; where the model is loaded it is prepared in a pause. */
  paste(text: string): void;
  /** Takes a text that nobody types: into the paste field, or as a file where it is too long for that. */
  give(text: string): void;
  /** What is to stand in the paste field. */
  pasted(): string;
  /** Changes fields of the text; what was prepared from them is to be prepared anew. */
  setText(fields: Partial<Omit<TextFields, "pastedLength" | "options">>): void;
  setTextOptions(options: Partial<TextOptions>): void;
  /** Changes settings; where they start from an open lens and name none, it is the one in use. */
  setSettings(settings: Partial<TrainingSettings>): void;
  /** Loads the model where it is not, and prepares the text now. */
  prepare(): Promise<TextSummary>;
  cancelText(): void;

  /**
   * Loads the model, prepares the text, and trains; what fails is in `run`. Where another tab has left a
   * training that was not shown here, that becomes `saved`, and nothing begins.
   */
  train(): Promise<void>;
  /**
   * As `train`, for scripts: what is saved is replaced, shown or not.
   *
   * @param name of the lens; by default the text's
   * @param onReport the training waits for what it returns
   * @throws LensError what the page then shows
   * @throws DOMException named `AbortError` where it was cancelled before there was a lens
   */
  trainOrThrow(name?: string | null, onReport?: OnTrainingReport): Promise<Trained>;
  pause(): Promise<void>;
  continueTraining(): Promise<void>;
  /** Ends the training and keeps the best lens so far. */
  cancel(): Promise<void>;
  /** Goes on with `saved`. */
  resume(): Promise<void>;
  /** Forgets `saved`. */
  discard(): Promise<void>;
  /** Looks for a saved training; it is looked for by itself whenever a model is loaded, and before `train`. */
  findSaved(): Promise<void>;
  /** Chooses the trained lens on the Read tab. */
  useLens(): Promise<void>;
  /** The zip that trains elsewhere, saved as a file. */
  trainElsewhere(): Promise<void>;
  /** The receipt of an open lens that was trained here; null for any other. */
  receiptOf(lens: string): Promise<KnownReceipt | null>;
  /** The receipt as JSON, on the clipboard. */
  copyReceipt(): Promise<void>;
  dismiss(): void;
};
