import { PromptError } from "../errors";
import type { Model } from "../model/model";

const number = new Intl.NumberFormat("en");

/**
 * The token ids of a prompt that the model can read.
 *
 * Text is read as it is, but for halves of a character (unpaired surrogates), which have no bytes
 * and become U+FFFD.
 *
 * @throws PromptError that says what is wrong with it and what to do
 */
export function promptIds(
  { config, tokenizer, info }: Model,
  prompt: string | readonly number[],
): number[] {
  const ids = checked(typeof prompt === "string" ? encode(prompt) : prompt);
  if (ids.length === 0) throw new PromptError("The prompt is empty. Type some text to read.");
  if (ids.length > config.contextLength) throw tooLong(`has ${number.format(ids.length)} tokens`);
  return ids;

  function encode(text: string): number[] {
    // A token covers at most so many characters: what is surely too long is not worth splitting.
    if (text.length > config.contextLength * tokenizer.longestToken) {
      throw tooLong(`has ${number.format(text.length)} characters`);
    }
    return tokenizer.encode(text);
  }

  function checked(ids: readonly number[]): number[] {
    const wrong = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= config.vocab);
    if (wrong === undefined) return [...ids];
    throw new PromptError(
      `${wrong} is not a token of ${info.name}: ids go from 0 to ${number.format(config.vocab - 1)}.`,
    );
  }

  function tooLong(what: string): PromptError {
    return new PromptError(
      `This prompt ${what}; ${info.name} reads at most ${number.format(config.contextLength)} tokens. Shorten it, then press Read.`,
    );
  }
}
