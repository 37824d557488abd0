import type { TrainingReport } from "../trainingProtocol";
import type { Translators } from "./heldOut";
import type { RunState } from "./runState";

/** What a training asks of the one that runs it, and tells it. */
export type Control = {
  /** Aborts what is under way: the visitor cancels, the GPU was lost, another model was opened. */
  readonly signal: AbortSignal;
  /** It is the visitor who aborted: the best so far is wanted. */
  isCancelled(): boolean;
  /** Spent on this training, without pauses. */
  seconds(): number;
  /**
   * Awaited between two blocks of work: other tasks of the worker get their turn, and a pause happens here.
   *
   * @param snapshot what the training could go on from, if it ended now
   * @throws signal.reason
   */
  between(snapshot: () => Promise<RunState>): Promise<void>;
  /** What its reports say of how it is kept; null: nothing. */
  notice(): string | null;
  /** The lens as it is now; by layer of the model. */
  onLens(translators: Translators): void;
  onReport(report: TrainingReport): Promise<void>;
};
