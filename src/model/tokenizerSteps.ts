import { FormatError, UnsupportedError } from "../errors";
import { isRecord } from "../format/isRecord";
import { printable } from "../math/printable";
import { regexCost } from "./regexCost";

export type Step = Readonly<Record<string, unknown>>;

/** Real ones have up to a dozen. */
const maxSteps = 64;
/** Real ones have up to 13: a rule of more, for a word that does not fit, takes seconds or for ever. */
const maxRegexBits = 14;
/** Real ones at most double a text's characters, and count its bytes where there are more. */
const maxGrowth = 1000;

/**
 * The steps of a normalizer or a pre-tokenizer of `tokenizer.json` in order, nested sequences unrolled.
 *
 * @throws FormatError if they would never end, or make a text longer without bound
 * @throws UnsupportedError if a regular expression among them could be without end
 */
export function tokenizerSteps(root: unknown): Step[] {
  const steps: Step[] = [];
  const pending = [root];
  while (pending.length > 0) {
    const step = pending.pop();
    if (!isRecord(step)) continue;
    if (step.type !== "Sequence") {
      steps.push(step);
      continue;
    }
    const inner = [step.pretokenizers, step.normalizers].find(Array.isArray);
    if (!inner) throw new FormatError("tokenizer.json has a sequence of no steps.");
    for (const one of inner.toReversed()) pending.push(one);
  }
  if (steps.length > maxSteps) {
    throw new FormatError(
      `tokenizer.json splits text in ${steps.length} steps, more than any does.`,
    );
  }
  if (steps.some(({ type }) => type === "FixedLength")) {
    throw new UnsupportedError(
      "This tokenizer splits text by FixedLength, which is not read here.",
    );
  }
  for (const { pattern } of steps) {
    const regex = isRecord(pattern) ? pattern.Regex : undefined;
    if (typeof regex === "string" && !(regexCost(regex) <= maxRegexBits)) {
      throw new UnsupportedError(
        `This tokenizer splits text by a rule that may take for ever, which is not read here: ${printable(regex)}.`,
      );
    }
  }
  const growth = steps.reduce((product, step) => product * growthOf(step), 1);
  if (!(growth <= maxGrowth)) {
    throw new FormatError("tokenizer.json makes texts longer by more than any tokenizer does.");
  }
  return steps;
}

/** By how much a step may multiply a text's length. */
function growthOf({ type, content, replacement, prepend, pattern }: Step): number {
  switch (type) {
    case "Replace": {
      const replaced = isRecord(pattern) ? lengthOf(pattern.String) : 0;
      // A regular expression, and an empty text, match between characters as well.
      return replaced > 0 ? Math.max(1, lengthOf(content) / replaced) : 1 + lengthOf(content);
    }
    case "Metaspace":
      return Math.max(1, lengthOf(replacement));
    case "Prepend":
      return 1 + lengthOf(prepend);
    case "ByteLevel":
      return 3;
  }
  return 1;
}

const lengthOf = (text: unknown) => (typeof text === "string" ? text.length : 0);
