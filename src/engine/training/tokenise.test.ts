import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";

import { openGguf } from "../../format/gguf";
import { random } from "../../math/random";
import { createIdTokenizer } from "../../model/idTokenizer";
import { createTokenizer, type Tokenizer, tokenizerFromGguf } from "../../model/tokenizer";
import { tokenise } from "./tokenise";

const slices = (text: string, tokenizer: Tokenizer) => [...tokenise(text, tokenizer)];

describe("tokenise() with the bundled model's tokenizer and with Llama 3's", () => {
  const tokenizers: Tokenizer[] = [];
  beforeAll(async () => {
    const folder = join(import.meta.dirname, "../../../models/smollm2-135m-instruct");
    const parts = [0, 1, 2, 3].map((i) => readFileSync(join(folder, `model.gguf.part${i}`)));
    const { metadata } = await openGguf(new Uint8Array(Buffer.concat(parts)));
    for (const pre of ["smollm", "llama-bpe", "gpt-2"]) {
      tokenizers.push(tokenizerFromGguf(new Map([...metadata, ["tokenizer.ggml.pre", pre]])));
    }
  });

  test("a long text's ids, slice by slice, are those of the whole", () => {
    const uniform = random(1);
    const pieces = [
      "word",
      " two",
      "  ",
      "\n",
      "\n\n",
      ".",
      " 12",
      "3",
      "\t",
      "é",
      " 漢字",
      "'s",
      "!?",
    ];
    const text = Array.from(
      { length: 40_000 },
      () => pieces[Math.floor(uniform() * pieces.length)],
    );
    for (const tokenizer of tokenizers) {
      const found = slices(text.join(""), tokenizer);
      expect(found.length).toBeGreaterThan(8);
      expect(found.map((slice) => slice.text).join("")).toBe(text.join(""));
      expect(found.flatMap((slice) => slice.ids)).toEqual(tokenizer.encode(text.join("")));
    }
  });

  test("a text of lines without spaces is cut between two lines", () => {
    const text = Array.from({ length: 9000 }, (_, i) => `${i}.`).join("\n");
    for (const tokenizer of tokenizers) {
      const ids = slices(text, tokenizer).flatMap((slice) => slice.ids);
      expect(ids).toEqual(tokenizer.encode(text));
    }
  });

  test("a text without any place to cut is cut, but no character is", () => {
    const text = "😀".repeat(20_001);
    const found = slices(text, tokenizers[0]);
    expect(found.map((slice) => slice.text).join("")).toBe(text);
    expect(found.every((slice) => slice.text.isWellFormed())).toBe(true);
    expect(tokenizers[0].decode(found.flatMap((slice) => slice.ids))).toBe(text);
  });
});

test("a tokenizer that puts a space before every text puts none before a slice", () => {
  const words = ["▁one", "▁two", "▁", "one", "two", "o", "n", "e", "t", "w"];
  const tokenizer = createTokenizer({
    model: {
      type: "BPE",
      vocab: Object.fromEntries(words.map((word, id) => [word, id])),
      merges: [],
      ignore_merges: true,
    },
    pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
  });
  const text = Array.from({ length: 5000 }, (_, i) => (i % 3 ? "one" : "two")).join(" ");
  const found = slices(text, tokenizer);
  expect(found.length).toBeGreaterThan(1);
  expect(found.flatMap((slice) => slice.ids)).toEqual(tokenizer.encode(text));
});

test("a list of token ids is cut between two of them", () => {
  const tokenizer = createIdTokenizer(1000);
  const ids = Array.from({ length: 12_000 }, (_, i) => (i * 7) % 1000);
  for (const text of [ids.join(" "), ids.join(","), ids.join("\n")]) {
    expect(slices(text, tokenizer).flatMap((slice) => slice.ids)).toEqual(ids);
  }
});
