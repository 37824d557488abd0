import type { TrainingSettings } from "./trainingSettings";

/** What a training does unless it is told otherwise; rates and decay are the method's own. */
export const defaultSettings: TrainingSettings = {
  start: "closedForm",
  startLens: null,
  method: "adam",
  loss: "kl",
  layers: null,
  steps: null,
  positionsPerStep: 64,
  learningRate: null,
  schedule: null,
  rates: null,
  weightDecay: null,
  clip: null,
  ridge: 1e-4,
  subset: { likeliest: 1024, others: 1024 },
  parts: "whole",
  seed: 0,
  maxSeconds: null,
};

/** A text that the model writes, unless told otherwise: 96 sequences of 192 to train on, 1,024 positions to hold out. */
export const defaultSample = { positions: 19_456, temperature: 1, seed: 0 };
