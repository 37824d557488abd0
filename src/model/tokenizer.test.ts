import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";

import { FormatError, UnsupportedError } from "../errors";
import { openGguf } from "../format/gguf";
import goldens from "./fixtures/smollm2-tokens.json";
import edges from "./fixtures/tokenizer-edges.json";
import { createTokenizer, type Tokenizer, tokenizerFromGguf } from "./tokenizer";

describe("the bundled model's tokenizer", () => {
  let metadata: ReadonlyMap<string, unknown>;
  let tokenizer: Tokenizer;

  beforeAll(async () => {
    const folder = join(import.meta.dirname, "../../models/smollm2-135m-instruct");
    const parts = [0, 1, 2, 3].map((i) => readFileSync(join(folder, `model.gguf.part${i}`)));
    ({ metadata } = await openGguf(new Uint8Array(Buffer.concat(parts))));
    tokenizer = tokenizerFromGguf(metadata);
  });

  test("encode gives the reference's ids, special tokens in the text among them", () => {
    expect(goldens).toHaveLength(22);
    for (const { text, ids } of goldens) expect(tokenizer.encode(text), text).toEqual(ids);
  });

  test("encode splits numbers and white space as Rust does, not JavaScript", () => {
    for (const { text, smollm } of edges) expect(tokenizer.encode(text), text).toEqual(smollm);
  });

  test("Llama 3's rule splits as it does in Rust", () => {
    const llama3 = tokenizerFromGguf(new Map([...metadata, ["tokenizer.ggml.pre", "llama-bpe"]]));
    for (const edge of edges) expect(llama3.encode(edge.text), edge.text).toEqual(edge.llama3);
  });

  test("decode undoes encode", () => {
    for (const { text, ids } of goldens) expect(tokenizer.decode(ids)).toBe(text);
    for (const { text, smollm } of edges) expect(tokenizer.decode(smollm)).toBe(text);
  });

  test("tokenText is the token's own text, spaces as spaces", () => {
    const texts = tokenizer.encode("The capital  is n't\n<|im_end|>").map(tokenizer.tokenText);
    expect(texts).toEqual(["The", " capital", " ", " is", " n", "'t", "\n", "<|im_end|>"]);
  });

  test("tokenText keeps bytes that are no whole character as U+DC00 + byte", () => {
    const ids = tokenizer.encode("👩");
    expect(ids.length).toBeGreaterThan(1);
    const bytes = Buffer.from("👩").toString("latin1");
    const escaped = bytes.replace(/./g, (byte) => String.fromCharCode(0xdc00 + byte.charCodeAt(0)));
    expect(ids.map(tokenizer.tokenText).join("")).toBe(escaped);
    expect(tokenizer.decode(ids)).toBe("👩");
  });

  test("tokenText is empty for ids without text", () => {
    expect(tokenizer.vocab).toBe(49152);
    expect(tokenizer.tokenText(49152)).toBe("");
    expect(tokenizer.tokenText(-1)).toBe("");
  });

  test("an unpaired surrogate is read as U+FFFD, and pairs stay", () => {
    expect(tokenizer.encode("a\ud800b")).toEqual(tokenizer.encode("a\ufffdb"));
    expect(tokenizer.encode("\udc00\ud83d\ude00\ud83d")).toEqual(
      tokenizer.encode("\ufffd😀\ufffd"),
    );
  });

  test("one letter 100,000 times over is encoded in seconds, not minutes", () => {
    const start = performance.now();
    const ids = tokenizer.encode("a".repeat(100_000));
    expect(tokenizer.decode(ids)).toHaveLength(100_000);
    expect(performance.now() - start).toBeLessThan(10_000); // half a second on two cores
  });

  test("tokenizers of another kind are refused by name", () => {
    const changed = (key: string, value: unknown) => () =>
      tokenizerFromGguf(new Map([...metadata, [key, value]]));
    expect(changed("tokenizer.ggml.model", "llama")).toThrow(UnsupportedError);
    expect(changed("tokenizer.ggml.model", "llama")).toThrow("tokenizer is llama");
    expect(changed("tokenizer.ggml.pre", "qwen2")).toThrow(
      "by the rule qwen2, which is not read here; smollm, gpt-2, llama-bpe are",
    );
    expect(changed("tokenizer.ggml.model", [1, [2]])).toThrow("tokenizer is unknown");
    expect(changed("tokenizer.ggml.pre", "x".repeat(50_000))).toThrow(/rule x{80}…, which/);
    expect(changed("tokenizer.ggml.merges", undefined)).toThrow(FormatError);
    expect(changed("tokenizer.ggml.tokens", [1, 2])).toThrow("tokenizer.ggml.tokens");
  });
});

describe("createTokenizer", () => {
  const byteLevel = {
    model: {
      type: "BPE",
      vocab: { a: 0, b: 1, Ġ: 2, ab: 3, "1": 4, "²": 5, Â: 6 },
      merges: ["a b"],
    },
    added_tokens: [{ id: 7, content: "<end>", special: true }],
    pre_tokenizer: {
      type: "Sequence",
      pretokenizers: [
        { type: "Digits", individual_digits: true },
        { type: "ByteLevel", add_prefix_space: false, use_regex: true },
      ],
    },
  };

  test("reads a tokenizer.json of byte-level BPE", () => {
    const tokenizer = createTokenizer(byteLevel);
    expect(tokenizer.encode("ab aba<end>")).toEqual([3, 2, 3, 0, 7]);
    expect(tokenizer.decode([3, 2, 3, 0, 7])).toBe("ab aba<end>");
    expect(tokenizer.vocab).toBe(8);
  });

  test("SentencePiece's pieces are decoded with their spaces and bytes", () => {
    const tokenizer = createTokenizer({
      model: {
        type: "BPE",
        vocab: { "<0xC3>": 0, "<0xA9>": 1, "▁": 2, a: 3, "▁a": 4 },
        merges: [["▁", "a"]],
        byte_fallback: true,
      },
      pre_tokenizer: { type: "Metaspace", replacement: "▁", prepend_scheme: "never" },
    });
    expect(tokenizer.encode("a aé")).toEqual([3, 4, 0, 1]);
    expect(tokenizer.tokenText(4)).toBe(" a");
    expect(tokenizer.tokenText(0)).toBe("\udcc3");
    expect(tokenizer.decode([3, 4, 0, 1])).toBe("a aé");
  });

  test("refuses what is no BPE, and files that make no sense", () => {
    const unigram = { model: { type: "Unigram", vocab: { a: 0 } } };
    expect(() => createTokenizer(unigram)).toThrow(
      "of type Unigram, which is not read here; BPE is",
    );
    expect(() => createTokenizer(null)).toThrow(FormatError);
    expect(() => createTokenizer({ model: {} })).toThrow("no model with a vocabulary");
    const withId = (id: unknown) => () =>
      createTokenizer({ model: { vocab: { a: id }, merges: [] } });
    for (const id of [-1, 1.5, "0", 2 ** 31]) expect(withId(id)).toThrow("makes no sense");
    for (const vague of [
      { model: { vocab: { a: 0 } } },
      { ...byteLevel, pre_tokenizer: {} },
      { ...byteLevel, pre_tokenizer: { type: {} } },
    ]) {
      expect(() => createTokenizer(vague)).toThrow(
        "tokenizer.json cannot be read: a part of it is missing, or of another kind.",
      );
    }
    const strange = { ...byteLevel, pre_tokenizer: { type: "Telepathy" } };
    expect(() => createTokenizer(strange)).toThrow("tokenizer.json cannot be read: Unknown");
  });

  test("sequences nested 10,000 deep do not overflow the stack", () => {
    let pre_tokenizer: unknown = byteLevel.pre_tokenizer;
    for (let i = 0; i < 10_000; ++i)
      pre_tokenizer = { type: "Sequence", pretokenizers: [pre_tokenizer] };
    expect(createTokenizer({ ...byteLevel, pre_tokenizer }).encode("ab")).toEqual([3]);
  });
});
