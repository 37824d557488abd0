import { PromptError } from "../errors";
import type { Tokenizer } from "./tokenizer";

/** Characters that an id may take with what stands around it: a list printed line by line has many. */
const longestId = 64;

/** Of a word that is no id, so much is quoted. */
const quotedCharacters = 30;

const number = new Intl.NumberFormat("en");

/**
 * For a model without a tokenizer: its texts are token ids, as `12 7 300`, `[12, 7, 300]` or `#12 #7`,
 * which is how `tokenText` writes them.
 *
 * `encode` throws a PromptError for everything else.
 *
 * @param vocab ids are below this
 */
export function createIdTokenizer(vocab: number): Tokenizer {
  const example = [12, 7, 300].map((id) => Math.min(id, vocab - 1)).join(" ");

  function idOf(word: string): number {
    const quoted = word.length > quotedCharacters ? `${word.slice(0, quotedCharacters)}…` : word;
    if (!/^#?\d+$/.test(word)) {
      throw new PromptError(
        `This model has no tokenizer: type token ids, such as ${example}. "${quoted}" is not one.`,
      );
    }
    const id = Number(word.replace("#", ""));
    if (id >= vocab) {
      throw new PromptError(
        `${quoted} is not a token of this model: ids go from 0 to ${number.format(vocab - 1)}.`,
      );
    }
    return id;
  }

  return {
    vocab,
    longestToken: longestId,
    encode: (text) =>
      text
        .split(/[\s,;[\](){}]+/)
        .filter((word) => word !== "")
        .map(idOf),
    decode: (ids) => Array.from(ids).join(" "),
    tokenText: (id) => `#${id}`,
  };
}
