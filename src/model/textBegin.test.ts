import { expect, test } from "vitest";

import { createIdTokenizer } from "./idTokenizer";
import { textBegin } from "./textBegin";
import { createTokenizer } from "./tokenizer";

const withTokens = (...contents: string[]) =>
  createTokenizer({
    model: { type: "BPE", vocab: { a: 0, b: 1 }, merges: [] },
    added_tokens: contents.map((content, i) => ({ id: 2 + i, content, special: true })),
  });

test.each([
  ["GPT-2, GPT-NeoX, SmolLM2", ["<|im_start|>", "<|im_end|>", "<|endoftext|>"], 4],
  ["Llama 3", ["<|end_of_text|>", "<|begin_of_text|>"], 3],
  ["Llama 2, Mistral", ["<unk>", "<s>", "</s>"], 3],
])("textBegin() knows the token that begins a text: %s", (_, contents, id) => {
  expect(textBegin(withTokens(...contents))).toBe(id);
});

test("textBegin() is null where there is none, or where texts are token ids", () => {
  expect(textBegin(withTokens("<|im_start|>"))).toBeNull();
  expect(textBegin(createIdTokenizer(300))).toBeNull();
});
