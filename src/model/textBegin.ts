import { LensError } from "../errors";
import type { Tokenizer } from "./tokenizer";

/**
 * What models call the token that begins a text: GPT-2's, GPT-NeoX's and SmolLM2's also ends one, Llama's
 * and Mistral's only begin it. What a chat model's files say of its own is where a turn begins or ends.
 */
const names = ["<|endoftext|>", "<|begin_of_text|>", "<s>", "<|end_of_text|>", "</s>"];

/** The id of the token that texts begin with and that stands between two; null where the model has none. */
export function textBegin(tokenizer: Tokenizer): number | null {
  for (const name of names) {
    const ids = idsOf(tokenizer, name);
    if (ids.length === 1 && tokenizer.tokenText(ids[0]) === name) return ids[0];
  }
  return null;
}

function idsOf(tokenizer: Tokenizer, text: string): readonly number[] {
  try {
    return tokenizer.encode(text);
  } catch (error) {
    if (error instanceof LensError) return []; // it reads ids, or the model has no row for that token
    throw error;
  }
}
