import type { Loss, Schedule, TrainingSettings } from "./trainingSettings";
import type { Translator } from "./translator";

/** A sequence whose hidden states are there. */
export type Sequence<Hidden> = {
  /** `h_0 … h_L`, each `[≥ positions, dModel]`, before the final norm, wherever the backend keeps them. */
  readonly hidden: readonly Hidden[];
  readonly positions: number;
  /** Next input token of each position, `[positions]`, −1 where there is none. */
  readonly targets: Int32Array;
};

/** Tokens that stand for the vocabulary in a gradient. */
export type TokenSubset = {
  /** `[tokens]`, ascending, no two alike. */
  readonly ids: Int32Array;
  /**
   * `[tokens]`: added to the logits of the lens and of the final distribution alike, so that a token
   * that was drawn stands for those that were not.
   */
  readonly logWeights: Float32Array;
};

/**
 * Hidden states of several sequences, from which batches are mixed: positions of one text alike each
 * other, and a step on one sequence alone makes the late layers worse than their closed form.
 */
export type HiddenPool<Hidden> = {
  /** Copies a sequence's states and targets to the rows from `start` on. */
  put(start: number, sequence: Sequence<Hidden>): void;
  /** Copies of the states in these rows, until the next call. */
  take(rows: Int32Array): Sequence<Hidden>;
  dispose(): void;
};

/** What the closed form is made of: sums over positions, in float64. */
export type Moments = {
  readonly count: number;
  /** Σ h_l, `[dModel]`, for `h_0 … h_L`. */
  readonly sums: readonly Float64Array[];
  /** Σ h_l h_lᵀ, `[dModel, dModel]`, for each layer that is trained, in their order. */
  readonly squares: readonly Float64Array[];
  /** Σ h_l h_Lᵀ, `[dModel, dModel]`: row of `h_l`, column of `h_L`. */
  readonly products: readonly Float64Array[];
};

/** Adds up moments; the number of positions costs no memory. */
export type MomentSums<Hidden> = {
  add(sequence: Sequence<Hidden>): Promise<void>;
  read(): Promise<Moments>;
  /** Goes on from sums that were read before. */
  load(moments: Moments): void;
  dispose(): void;
};

/** A lens in training: its parameters and the optimiser's state, wherever the backend keeps them. */
export type LensTrainer<Hidden> = {
  /**
   * Adds the gradient of the mean loss over a batch's positions, times its share; positions without a
   * next token count for nothing in the cross entropy.
   *
   * @param tokens null: the whole vocabulary
   * @param share of the step's positions that are in this batch, in (0, 1]
   * @returns the mean loss of each trained layer, in nats, over those tokens
   */
  accumulate(
    sequence: Sequence<Hidden>,
    loss: Loss,
    tokens: TokenSubset | null,
    share: number,
  ): Promise<Float32Array>;
  /**
   * One optimiser step with the gradients that were added, which are then zero.
   *
   * @param rate the learning rate, which the layers' scales multiply
   * @returns the norm of the gradient of all layers together, before clipping
   */
  step(rate: number): Promise<number>;
  /** The translators of the trained layers, in their order, copied; averaged ones where they are averaged. */
  translators(): Promise<Translator[]>;
  /**
   * Parameters and the optimiser's state by name, copied; between two steps this is all there is.
   * Loading it makes a trainer go on bit for bit (on the GPU: as far as its kernels do).
   */
  save(): Promise<ReadonlyMap<string, Float32Array>>;
  load(state: ReadonlyMap<string, Float32Array>): void;
  dispose(): void;
};

export type TrainerOptions = {
  /** Of the trained layers, in their order. */
  readonly translators: readonly Translator[];
  readonly layers: readonly number[];
  /** Of the trained layers, in their order. */
  readonly scales: readonly LayerScale[];
  readonly settings: Pick<TrainingSettings, "parts" | "clip"> & {
    readonly method: "adam" | "muon" | "sgd";
    readonly weightDecay: number;
    readonly schedule: Schedule;
  };
};

/** What a step's learning rate is multiplied by, for a layer's `W` and for its `b`. */
export type LayerScale = { readonly weight: number; readonly bias: number };

/**
 * Where lenses are trained. Three of them hold to one another by tests: the CPU's in float64 (the
 * definition), ONNX graphs on the wasm provider, and WGSL.
 *
 * Gradients follow from `dKL/dh̃ = ē_lens − ē_final`, where `h̃` is the normed state, `ē` the mean
 * row of the unembedding under a distribution (for the cross entropy, `W_U[target]` is in the place of
 * `ē_final`). The tokens are passed over tile by tile, and nothing of size vocab is kept.
 */
export type TrainingBackend<Hidden> = {
  /** The states of some positions as they are, `[positions, dModel]`, copied. */
  statesOf(sequence: Sequence<Hidden>, layer: number): Promise<Float32Array>;
  /** Mean final probability of each token over a sequence's positions, `[vocab]`. */
  finalProbs(sequence: Sequence<Hidden>): Promise<Float32Array>;
  /** @param rows of all sequences together */
  openPool(rows: number): HiddenPool<Hidden>;
  /** @param layers those that are trained, ascending */
  openMoments(layers: readonly number[]): MomentSums<Hidden>;
  openTrainer(options: TrainerOptions): Promise<LensTrainer<Hidden>>;
  dispose(): void;
};
