/** What is minimised: KL(final ‖ lens), or the cross entropy of the next input token. */
export type Loss = "kl" | "crossEntropy";

/** Where a training begins: the closed form of its text, no translation at all, or a lens that is open. */
export type Start = "closedForm" | "logit" | "open";

/** How it goes on; `none` stays with the start. */
export type Method = "none" | "adam" | "muon" | "sgd";

/**
 * `averaged`: the rate stays, and the lens is the running average of the parameters; `falling`: the rate
 * falls linearly to 0, and the lens is what it ends with.
 */
export type Schedule = "averaged" | "falling";

/** `byLayer`: each layer's rate is in proportion to what its start leaves unexplained; `same`: one for all. */
export type Rates = "byLayer" | "same";

/** How many tokens of the vocabulary a gradient step reads. */
export type SubsetSize = {
  /** Those of the largest mean final probability. */
  readonly likeliest: number;
  /** Others, drawn anew for each batch. */
  readonly others: number;
};

/** All that decides what a training makes of a text on a given model; plain, saved with the run. */
export type TrainingSettings = {
  readonly start: Start;
  /** The open lens to start from, by name; null unless `start` is `open`. */
  readonly startLens: string | null;
  readonly method: Method;
  readonly loss: Loss;
  /** The layers that are trained, ascending; null: all. The others keep the start's translators. */
  readonly layers: readonly number[] | null;
  /** Optimiser steps; null: as many as take one pass over the text's positions. */
  readonly steps: number | null;
  /** Positions whose gradients make one step, mixed of up to eight sequences, or one such mixture after another. */
  readonly positionsPerStep: number;
  /** Before the schedule and the layers' rates; null: the method's own. */
  readonly learningRate: number | null;
  /** null: the method's own. */
  readonly schedule: Schedule | null;
  /** null: the method's own. */
  readonly rates: Rates | null;
  /** Toward the logit lens; null: the method's own. */
  readonly weightDecay: number | null;
  /** The largest norm of the gradient of all layers together; null: not clipped. */
  readonly clip: number | null;
  /** Of the closed form, in mean eigenvalues of the centred scatter matrix. */
  readonly ridge: number;
  /** null: the whole vocabulary. */
  readonly subset: SubsetSize | null;
  /** Bias only leaves every `W` as the start has it. */
  readonly parts: "whole" | "bias";
  readonly seed: number;
  /** The closed form and the steps end after so many seconds; null: when they are done. */
  readonly maxSeconds: number | null;
};
