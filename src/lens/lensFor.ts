import { FormatError, LensMismatchError } from "../errors";
import { printable } from "../math/printable";
import { inWords } from "./inWords";
import type { LensConfig } from "./lensConfig";
import type { LensTarget } from "./lensFile";

/** `24 layers of width 1,024`, of a lens or of what its config says. */
export const sizesInWords = (nLayers: number, width: number) =>
  `${english(nLayers)} ${nLayers === 1 ? "layer" : "layers"} of width ${english(width)}`;

/** @param sizes what the lens has, in words */
export function lensMismatch(
  sizes: string,
  config: LensConfig | null,
  model: LensTarget,
): LensMismatchError {
  const base = config?.baseModel;
  const name = printable(model.name);
  const remedy =
    base && !isSameName(base, model.name)
      ? `Open ${printable(lastOf(base))}, or drop a lens for ${name}.`
      : "Open that model, or a lens made for this one.";
  return new LensMismatchError(
    `This lens is for another model. It has ${sizes}; ${name} has ${english(model.nLayers)} of ${english(model.dModel)}. ${remedy}`,
  );
}

/**
 * @param nLayers of the lens; null where its parameters do not tell
 * @throws FormatError if the config was written for other parameters than these
 */
export function checkConfig(
  config: LensConfig | null,
  nLayers: number | null,
  width: number,
): void {
  const differences: string[] = [];
  if (config?.nLayers && nLayers !== null && config.nLayers !== nLayers) {
    differences.push(
      `${english(config.nLayers)} layers by the config and ${english(nLayers)} by the parameters`,
    );
  }
  if (config?.dModel && config.dModel !== width) {
    differences.push(
      `width ${english(config.dModel)} by the config and ${english(width)} by the parameters`,
    );
  }
  if (differences.length > 0) {
    throw new FormatError(
      `These parameters and their config.json are of two lenses. The lens has ${differences.join(", and ")}. Open each lens's own two files together.`,
    );
  }
}

/** What the config says of the lens's model that does not forbid its use with this one, a sentence each. */
export function modelWarnings(config: LensConfig | null, model: LensTarget): string[] {
  if (!config) return [];
  const { baseModel, vocab, unknown } = config;
  const name = printable(model.name);
  const warnings: string[] = [];
  if (baseModel && !isSameName(baseModel, model.name)) {
    warnings.push(
      `The lens was made for ${printable(lastOf(baseModel))}, a model of the same sizes as ${name}: it carries over between fine-tunes of one model, and says nothing of any other.`,
    );
  }
  if (vocab !== null && model.vocab !== undefined && vocab !== model.vocab) {
    warnings.push(
      `The lens was made for a vocabulary of ${english(vocab)} tokens, and ${name} has ${english(model.vocab)}: they may be two models, or one is padded.`,
    );
  }
  if (unknown.length > 0) {
    warnings.push(`The lens's config.json says what is not used here: ${inWords(unknown)}.`);
  }
  return warnings;
}

const english = (n: number) => n.toLocaleString("en");

/** A model's own name, without the account or the folders before it. */
const lastOf = (name: string) => name.split(/[/\\]/).filter(Boolean).at(-1) ?? name;

/** Whether two names are of one model, whoever published it and however its weights are stored. */
const isSameName = (a: string, b: string) => plain(a) === plain(b);
const plain = (name: string) =>
  lastOf(name)
    .toLowerCase()
    .replace(/[-_. ](gguf|i?q\d\w*|b?f\d+|fp\d+)(?=[-_. ]|$)/g, "")
    .replace(/[^\p{L}\p{N}]/gu, "");
