import { FormatError, UnsupportedError } from "../errors";
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
 * notice says why, and the tokenizer reads ids.
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
    return { tokenizer, hasTokenizer: true, notice: null };
  } catch (error) {
    if (!(error instanceof FormatError || error instanceof UnsupportedError)) throw error;
    return {
      tokenizer: createIdTokenizer(vocab),
      hasTokenizer: false,
      notice: `${error.message} Prompts are token ids, then; to type text, open the model together with its tokenizer.json.`,
    };
  }
}

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
