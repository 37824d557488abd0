import { PromptError } from "../errors";
import { allRows } from "../lens/accumulate";
import type { Row } from "../lens/backend";

/** How many tokens to list: 10, or what is asked for, as far as there are so many. */
export function topK(wanted = 10, vocab: number): number {
  if (Number.isInteger(wanted) && wanted >= 1) return Math.min(wanted, vocab);
  throw new PromptError(`topK is ${wanted}; it must be a whole number from 1.`);
}

/** Ascending, each once, the output row always among them. */
export function wantedRows(wanted: readonly Row[] | undefined, nLayers: number): Row[] {
  const all = allRows(nLayers);
  if (!wanted) return all;
  const wrong = wanted.find((row) => !all.includes(row));
  if (wrong !== undefined) {
    throw new PromptError(
      `There is no row ${wrong}: rows go from 0 to ${nLayers - 1}, then "output".`,
    );
  }
  return all.filter((row) => row === "output" || wanted.includes(row));
}
