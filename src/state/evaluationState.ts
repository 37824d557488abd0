import type { Evaluation, EvaluationRequest } from "../engine/trainingProtocol";
import type { LensError } from "../errors";

/** Where the page stands with an evaluation. */
export type EvaluationStatus =
  | { readonly status: "idle" }
  /** The model is loaded or the text is prepared. */
  | { readonly status: "starting" }
  /** `done` of `all`, in whatever the engine counts. */
  | { readonly status: "running"; readonly done: number; readonly all: number }
  | { readonly status: "cancelling" }
  | { readonly status: "failed"; readonly error: LensError };

/** Lenses, held to the text of the Train tab's form. */
export type EvaluationState = {
  /**
   * What the form asks for, and the logit lens with it. A lens is ticked when it is opened and gone from
   * here when it is closed; so is `transferOf`.
   */
  readonly request: EvaluationRequest;
  readonly progress: EvaluationStatus;
  /** The last one that was finished; it stays while a newer one is computed, and when that fails. */
  readonly evaluation: Evaluation | null;
  /** What the visitor should know of the figures, a sentence. */
  readonly notice: string | null;
  /** What became of a file of it that was to be saved, a sentence. */
  readonly saved: string | null;

  setRequest(fields: Partial<EvaluationRequest>): void;
  /** Loads the model, prepares the text, and evaluates; what fails is in `progress`. */
  evaluate(): Promise<void>;
  /**
   * As `evaluate`, for scripts, which leave the form as it is: what they do not say is the default, and the
   * lenses are all that are open.
   *
   * @throws LensError what the page then shows
   * @throws DOMException named `AbortError` where it was cancelled
   */
  evaluateOrThrow(asked?: Partial<EvaluationRequest>): Promise<Evaluation>;
  cancel(): void;
  /** Saves the evaluation as a file; `saved` says what happened. */
  save(format: "csv" | "json"): void;
  dismiss(): void;
};
