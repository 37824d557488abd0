/** The final norm. `rms`: `h / rms(h) · weight`; `layer`: `(h − mean) / std · weight + bias`. */
export type FinalNorm = {
  readonly kind: "rms" | "layer";
  /** `[dModel]`. */
  readonly weight: Float32Array;
  /** `[dModel]`, or null where the norm has none. */
  readonly bias: Float32Array | null;
  /** Added to the mean square or the variance before the root. */
  readonly eps: number;
};

/** Final norm and unembedding together: what turns a (translated) hidden state into logits. */
export type Unembed = {
  readonly vocab: number;
  readonly dModel: number;
  readonly norm: FinalNorm;
  /** `W_U`, `[vocab, dModel]`, row-major. */
  readonly unembedding: Float32Array;
  /** `b_U`, `[vocab]`, or null where the model has none. */
  readonly bias: Float32Array | null;
};
