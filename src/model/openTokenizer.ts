import { FormatError, PromptError, UnsupportedError } from "../errors";
import { printable } from "../math/printable";
import type { ModelFiles } from "./findModelFiles";
import { createIdTokenizer } from "./idTokenizer";
import type { Model } from "./model";
import { readJson } from "./readJson";
import { createTokenizer, type Tokenizer, tokenizerFromGguf } from "./tokenizer";

/** A few times the largest that are published. */
const maxTokenizerBytes = 2 ** 27;

type Opened = Pick<Model, "tokenizer" | "hasTokenizer" | "notice">;

/**
 * A model's tokenizer: its `tokenizer.json`, or what its GGUF file has. Where neither can be read, the
 * notice says why, and the tokenizer reads ids; where it has more tokens than the model, that is said.
 *
 * @param metadata of the GGUF file, or null
 */
export async function openTokenizer(
  files: ModelFiles,
  metadata: ReadonlyMap<string, unknown> | null,
  vocab: number,
): Promise<Opened> {
  try {
    const tokenizer = await readTokenizer(files, metadata);
    if (tokenizer.vocab <= vocab) return { tokenizer, hasTokenizer: true, notice: null };
    return {
      tokenizer: within(tokenizer, vocab),
      hasTokenizer: true,
      notice: `The tokenizer has ${number.format(tokenizer.vocab)} tokens and the model ${number.format(vocab)}: it may be another model's. If its texts make no sense, open the model with its own tokenizer.json.`,
    };
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof UnsupportedError)) throw error;
    return {
      tokenizer: createIdTokenizer(vocab),
      hasTokenizer: false,
      notice: `${error.message} Prompts are token ids, then; to type text, open the model together with its tokenizer.json.`,
    };
  }
}

/** The tokenizer for a model that has no rows for its last tokens: a text that has one is refused. */
function within(tokenizer: Tokenizer, vocab: number): Tokenizer {
  return {
    ...tokenizer,
    vocab,
    encode(text) {
      const ids = tokenizer.encode(text);
      const past = ids.find((id) => id >= vocab);
      if (past === undefined) return ids;
      throw new PromptError(
        `This text has token ${number.format(past)} in it, "${printable(tokenizer.tokenText(past))}", and the model's ids end at ${number.format(vocab - 1)}. Open the model with its own tokenizer.json.`,
      );
    },
  };
}

const number = new Intl.NumberFormat("en");

async function readTokenizer(
  files: ModelFiles,
  metadata: ReadonlyMap<string, unknown> | null,
): Promise<Tokenizer> {
  if (metadata && !files.has("tokenizer.json")) return tokenizerFromGguf(metadata);
  const json = await readJson(files, "tokenizer.json", maxTokenizerBytes);
  const hasConfig = files.has("tokenizer_config.json");
  return createTokenizer(
    json,
    hasConfig ? await readJson(files, "tokenizer_config.json", maxTokenizerBytes) : {},
  );
}
