import { isInterval } from "../chart/interval";
import { inUnit, type UnitScale } from "../chart/lensUnit";
import { commas, count } from "../chart/numbers";
import type { Estimated, Evaluation, LayerEvaluation } from "../engine/trainingProtocol";
import { textName } from "./trainWords";

/** The numbers of a layer, in the order of their columns. */
export const evaluated = [
  { key: "klFromFinal", name: "KL(final ‖ lens)", isShare: false },
  { key: "crossEntropy", name: "Cross entropy", isShare: false },
  { key: "entropy", name: "Entropy", isShare: false },
  { key: "agreement", name: "Agreement", isShare: true },
] as const satisfies readonly { key: keyof LayerEvaluation; name: string; isShare: boolean }[];

/** A mean and its interval, `2.14` and `2.05 to 2.23`, in per cent where it is a share; null: there is no interval. */
export function estimated(estimate: Estimated, isShare: boolean, unit: UnitScale) {
  const written = (x: number) => (isShare ? `${(100 * x).toFixed(1)}%` : inUnit(x, unit));
  const { mean, low, high } = estimate;
  return {
    mean: written(mean),
    interval: isInterval(estimate) ? `${written(low)} to ${written(high)}` : null,
  };
}

/** Whether the bootstrap has sequences to draw from. */
export const hasIntervals = ({ sequences }: Evaluation) => sequences > 1;

/**
 * `Of 1,024 held-out positions in 6 sequences of opticks.txt, with 95% intervals of a bootstrap over
 * sequences. The model is gpt2.` It stays when another model is opened, and so names its own.
 */
export function evaluationSentence(evaluation: Evaluation): string {
  const { positions, sequences, text, model } = evaluation;
  const of = `Of ${count(positions, "held-out position")} in ${count(sequences, "sequence")} of ${textName(text)}`;
  const how = hasIntervals(evaluation)
    ? ", with 95% intervals of a bootstrap over sequences."
    : ": too few for intervals, which come of two sequences or more.";
  return `${of}${how} The model is ${model.name}.`;
}

/** Why the layer transfer's diagonal is not the table above; null where it is of the same positions. */
export const transferSentence = (all: number, positions: number) =>
  positions < all
    ? `Of ${commas(positions)} of the ${count(all, "position")} above: its diagonal, a layer’s own translator, may differ from the numbers there.`
    : null;

/** `Evaluating: 4,608 of 30,720.` */
export const evaluatingSentence = (done: number, all: number) =>
  `Evaluating: ${commas(done)} of ${commas(all)}.`;
