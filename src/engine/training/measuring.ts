import type { Run } from "./runState";

/** Figures while steps are taken, at most. */
const mostFigures = 8;
/** Of the work of the steps between them, at most. */
const figureShare = 0.15;

type Measured = Pick<Run, "model" | "layers" | "settings">;

/**
 * Steps from figures to figures. It follows from what both have to compute, not from the clock: the best
 * lens that was measured is the one that is kept, and it is the same on every machine and after every pause.
 *
 * @param watched held-out positions
 */
export function stepsBetween(run: Measured, steps: number, watched: number): number {
  const affordable = figureOperations(run, watched) / (figureShare * stepOperations(run));
  return Math.max(1, Math.ceil(steps / mostFigures), Math.ceil(affordable));
}

/** Figures that are still due from here to the last step, which has some in any case. */
export function figuresLeft(
  run: Measured,
  { steps, measuredAt }: { readonly steps: number; readonly measuredAt: number },
  watched: number,
): number {
  return Math.ceil(Math.max(0, steps - measuredAt) / stepsBetween(run, steps, watched));
}

/** Multiplications: each layer's translator, and the logits of the whole vocabulary, the output row's too. */
function figureOperations({ model: { vocab, dModel }, layers }: Measured, watched: number): number {
  return watched * (layers.length + 1) * (vocab + dModel) * dModel;
}

/** Multiplications, roughly: the forward run, which tokens stand for the vocabulary, gradients, the update. */
function stepOperations({ model, layers, settings }: Measured): number {
  const { nLayers, vocab, dModel } = model;
  const { positionsPerStep, subset, method, parts } = settings;
  const tokens = subset ? Math.min(vocab, subset.likeliest + subset.others) : vocab;
  const forward = 12 * nLayers * dModel; // a block's weights are some 12 dModel²
  const choosing = subset ? vocab : 0;
  const gradients = layers.length * 2 * (tokens + dModel); // logits and their mean row; W and its gradient
  const update = method === "muon" && parts === "whole" ? layers.length * 15 * dModel ** 3 : 0;
  return positionsPerStep * dModel * (forward + choosing + tokens + gradients) + update;
}
