import type { TextSummary } from "../trainingProtocol";

/** A text in sequences, as the worker trains on it and evaluates with it. */
export type PreparedText = {
  readonly summary: TextSummary;
  /**
   * Token ids, each sequence beginning with the token that begins a text. The target of a position is
   * the next token of its sequence; the last has none.
   */
  readonly train: readonly Int32Array[];
  /** Sequences that are never trained on. */
  readonly heldOut: readonly Int32Array[];
  /** As they were given, for a training elsewhere. */
  readonly documents: readonly string[];
};
