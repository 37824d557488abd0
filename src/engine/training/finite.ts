import { TrainingError, TrainingFailedError } from "../../errors";
import type { RowStatistics } from "../../lens/backend";
import type { KlByLayer, Run } from "./runState";

/**
 * Whether the figures of a row are numbers. A GPU makes a KL of 0 of logits that are none, since of a
 * number and NaN either may be the larger; the next token's logit, of which no maximum is taken, stays NaN.
 *
 * @param length of the sequence, whose last position has no next token
 */
export const isFiniteRow = (
  { start, klFromFinal, crossEntropy }: RowStatistics,
  length: number,
): boolean =>
  klFromFinal.every(Number.isFinite) &&
  crossEntropy.every((one, i) => Number.isFinite(one) || start + i === length - 1);

/** That the model itself has no figures on a text, with the first layer that shows it. */
export const modelSentence = (layer: number): string =>
  `The KL of layer ${layer} is not a finite number: the model's own numbers are not finite on this text. Take another text, or open other model files.`;

/** @throws TrainingFailedError where the logit lens has figures that are not finite */
export function checkLogitFigures({ layers }: Pick<Run, "layers">, kl: KlByLayer): void {
  const layer = firstNotFinite(layers, kl);
  if (layer !== null) throw new TrainingFailedError(modelSentence(layer));
}

/** @throws TrainingFailedError where the steps would begin with figures that are not finite */
export function checkStartFigures({ layers, start }: Pick<Run, "layers" | "start">, kl: KlByLayer) {
  const layer = firstNotFinite(layers, kl);
  if (layer === null) return;
  throw new TrainingFailedError(
    start.kind === "closedForm"
      ? `The KL of the closed form is not a finite number at layer ${layer}. Take a larger ridge, or more text.`
      : `The KL of ${start.name ?? "the start"} is not a finite number at layer ${layer}. Start from another lens.`,
  );
}

/** Of the trained layers; null where all figures are finite. */
function firstNotFinite(layers: readonly number[], kl: KlByLayer): number | null {
  const index = kl.findIndex((one) => !Number.isFinite(one));
  return index < 0 ? null : layers[index];
}

/** That a lens that is evaluated has no figures at a layer, though the model has. */
export const lensError = (name: string, layer: number) =>
  new TrainingError(
    `The KL of ${name} is not a finite number at layer ${layer} on this text, though the model's own numbers are finite. Open another file of this lens, or evaluate without it.`,
  );
