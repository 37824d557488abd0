import type { Row } from "./backend";

export type Token = { readonly id: number; readonly text: string };

export type ModelInfo = {
  readonly name: string;
  /** Hugging Face's `model_type`: `llama`, `gpt2`, `gpt_neox`. */
  readonly family: string;
  readonly nLayers: number;
  readonly dModel: number;
  readonly vocab: number;
  /** Of the weight files' bytes, in name order. */
  readonly sha256: string;
};

export type LensInfo = {
  readonly kind: "logit" | "tuned" | "jacobian";
  readonly name: string;
  /** Of the lens file's bytes; null for the logit lens. */
  readonly sha256: string | null;
};

/** Where a reading was computed; `recorded` where it came from a file. */
export type ReadingBackend = "webgpu" | "wasm" | "recorded";

export const statisticNames = [
  "entropy",
  "klFromFinal",
  "maxProb",
  "crossEntropy",
  "rank",
  "finalTopLogProb",
] as const;
export type StatisticName = (typeof statisticNames)[number];

/**
 * What a lens says of one prompt: everything the page draws, exports or shares. Plain, transferable.
 *
 * Arrays are `[rows, positions]`, row-major, in the order of `rows`; NaN where a value does not
 * exist (no next token, no lens) or has not been computed yet. Logs are natural; divergences in nats.
 */
export type Reading = {
  readonly backend: ReadingBackend;
  readonly model: ModelInfo;
  readonly lens: LensInfo;
  /** null where token ids were given. */
  readonly prompt: string | null;
  readonly tokens: readonly Token[];
  /** The next input token's id; null at the end. */
  readonly targets: readonly (number | null)[];
  /** Ascending: `0 … L − 1`, then `output`. */
  readonly rows: readonly Row[];
  /** Those of `rows` that the lens has no translator for, ascending: nothing is computed there. */
  readonly withoutLens: readonly number[];
  readonly statistics: Readonly<Record<StatisticName, Float32Array>>;
  readonly topK: {
    readonly k: number;
    /** `[rows, positions, k]`, likeliest first; −1 where there is none. */
    readonly ids: Int32Array;
    /** `[rows, positions, k]`. */
    readonly logProbs: Float32Array;
    /** `[rows, positions, k]`: what the output row gives those same tokens. */
    readonly finalLogProbs: Float32Array;
  };
  /** Text of every token id that `topK` names. */
  readonly texts: ReadonlyMap<number, string>;
  /** Rows × positions that are computed, of all that have a lens; equal when the reading is whole. */
  readonly progress: { readonly done: number; readonly all: number };
};
