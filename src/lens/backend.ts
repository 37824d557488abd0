import type { Translator } from "./translator";

/** Which hidden state a row of a reading shows; `output` is the model's own answer, from `h_L`. */
export type Row = number | "output";

/** What a lens is asked to read: some rows at one range of a prompt's positions. */
export type LensRequest<Hidden> = {
  /** `h_0 … h_L`, each `[≥ to, dModel]`, before the final norm, wherever the backend keeps them. */
  readonly hidden: readonly Hidden[];
  /** The first position to read. */
  readonly from: number;
  /** The position that is no longer read. */
  readonly to: number;
  /** By layer, `0 … L − 1`; null reads the layer with the logit lens. The output row has none. */
  readonly translators: readonly (Translator | null)[];
  /** The layers to read, in the order they are wanted; the output row always comes first. */
  readonly layers: readonly number[];
  /** Next input token of each position of the prompt, `[≥ to]`, −1 where there is none. */
  readonly targets: Int32Array;
  /** How many of the likeliest tokens to list, at most `vocab`. */
  readonly k: number;
};

/** One row of a reading over a range of its positions. Logs are natural; divergences in nats. */
export type RowStatistics = {
  readonly row: Row;
  /** The prompt's position that these arrays begin at. */
  readonly start: number;
  readonly entropy: Float32Array;
  /** KL(final ‖ lens), at least 0; 0 in the output row. */
  readonly klFromFinal: Float32Array;
  readonly maxProb: Float32Array;
  /** −log q(next input token); NaN where there is none. */
  readonly crossEntropy: Float32Array;
  /** 1 + the number of tokens likelier than the next input token; NaN where there is none. */
  readonly rank: Float32Array;
  /** Log-probability of the token that is likeliest in the output row. */
  readonly finalTopLogProb: Float32Array;
  /** `[positions, k]`, likeliest first; equal: the lower id first. */
  readonly topIds: Int32Array;
  /** `[positions, k]`. */
  readonly topLogProbs: Float32Array;
  /** `[positions, k]`: what the output row gives those same tokens. */
  readonly topFinalLogProbs: Float32Array;
};

/**
 * Turns hidden states into statistics. Three of them hold to one another by tests: the CPU's in
 * float64 (the definition), WGSL, and an ONNX graph on the wasm provider.
 *
 * No backend keeps logits of more than a block of rows.
 */
export type LensBackend<Hidden> = {
  /**
   * Statistics row by row as they are computed: the output row, then `layers` in their order. A row
   * may arrive in several ranges of positions, ascending.
   *
   * @throws signal.reason if `signal` aborts, between two blocks
   */
  read(request: LensRequest<Hidden>, signal?: AbortSignal): AsyncGenerator<RowStatistics>;
  dispose(): void;
};
