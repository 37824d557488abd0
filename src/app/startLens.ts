import type { TrainingSettings } from "../lens/trainingSettings";

/**
 * The lens that a training starts from, or would: the one that is chosen, and the newest until one is.
 * A lens that is opened since, such as the one in training, is not it.
 *
 * @param open names of the tuned lenses, the newest last
 */
export const startLensOf = (
  { start, startLens }: Pick<TrainingSettings, "start" | "startLens">,
  open: readonly string[],
): string | null => (start === "open" ? startLens : null) ?? open.at(-1) ?? null;

/** It in words, beside the choice. */
export function startLensWords(lens: string | null, open: readonly string[]): string {
  if (lens === null) return "no tuned lens is open yet";
  return open.includes(lens) ? lens : `${lens}, which is not open`;
}
