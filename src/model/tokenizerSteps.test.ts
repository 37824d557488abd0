import { expect, test } from "vitest";

import { FormatError, UnsupportedError } from "../errors";
import { tokenizerSteps } from "./tokenizerSteps";

const sequence = (...normalizers: unknown[]) => ({ type: "Sequence", normalizers });

test("tokenizerSteps unrolls sequences in their order, and of nothing makes no steps", () => {
  const [a, b, c] = ["NFC", "Lowercase", "Strip"].map((type) => ({ type }));
  expect(tokenizerSteps(sequence(a, sequence(sequence(b)), null, c))).toEqual([a, b, c]);
  expect(tokenizerSteps({ type: "Sequence", pretokenizers: [a, b] })).toEqual([a, b]);
  for (const none of [null, undefined, 7, "NFC", []]) expect(tokenizerSteps(none)).toEqual([]);
});

test("Llama's steps, and byte-level ones, are let through", () => {
  const prepend = { type: "Prepend", prepend: "▁" };
  const replace = { type: "Replace", pattern: { String: " " }, content: "▁" };
  expect(tokenizerSteps(sequence(prepend, replace))).toEqual([prepend, replace]);
  expect(tokenizerSteps({ type: "ByteLevel" })).toHaveLength(1);
});

test.each([
  [
    "a text replaced by a longer one, over and over",
    { type: "Replace", pattern: { String: "a" }, content: "aa" },
  ],
  ["what stands between characters", { type: "Replace", pattern: { String: "" }, content: "a" }],
  ["a regular expression's matches", { type: "Replace", pattern: { Regex: "" }, content: "a" }],
  ["spaces", { type: "Metaspace", replacement: "  " }],
  ["the start", { type: "Prepend", prepend: "a" }],
  ["bytes of bytes", { type: "ByteLevel" }],
])("steps that make a text longer without bound are refused: %s", (_, step) => {
  expect(tokenizerSteps(sequence(step, step))).toHaveLength(2);
  const many = sequence(...Array(40).fill(step));
  expect(() => tokenizerSteps(many)).toThrow(FormatError);
  expect(() => tokenizerSteps(many)).toThrow("makes texts longer");
});

test("a step of no length, a sequence of none and a thousand steps are refused", () => {
  expect(() => tokenizerSteps({ type: "FixedLength", length: 0 })).toThrow(UnsupportedError);
  expect(() => tokenizerSteps({ type: "Sequence", pretokenizers: 5 })).toThrow("of no steps");
  const thousand = sequence(...Array(1000).fill({ type: "NFC" }));
  expect(() => tokenizerSteps(thousand)).toThrow("in 1000 steps");
});

test("a rule that tries exponentially many ways is refused, quoted and not tried", () => {
  const rule = "^(([ -~]|.)*)*!";
  const split = { type: "Split", pattern: { Regex: rule } };
  expect(() => tokenizerSteps(split)).toThrow(UnsupportedError);
  expect(() => tokenizerSteps(split)).toThrow(
    `a rule that may take for ever, which is not read here: ${rule}.`,
  );
  expect(() =>
    tokenizerSteps({ type: "Replace", pattern: { Regex: `${".*".repeat(5)}!` } }),
  ).toThrow("ever");
  expect(tokenizerSteps({ type: "Split", pattern: { Regex: "\\s+|.+" } })).toHaveLength(1);
  expect(tokenizerSteps({ type: "Split", pattern: { String: rule } })).toHaveLength(1);
});

test.each([
  ["[^~]+[^~]+[^~]+[^~]+~"],
  ["[^~]+[^~]+~"],
  ["[^~]+(a?){5}~"],
  [".{0,1000}.{0,1000}.{0,1000}~"],
  ["(?:[^~]+|~b){3}"],
  [`${"a?".repeat(15)}~`],
])("a rule that tries a cube of a text's length of ways, or more, is refused: %s", (rule) => {
  expect(() => tokenizerSteps({ type: "Split", pattern: { Regex: rule } })).toThrow("for ever");
});

test("what is let through at the most splits a text of 2,000 letters in a moment", () => {
  const text = "a".repeat(2000);
  const start = performance.now();
  for (const rule of [
    "[^~]+~",
    ".{0,1000}b?c?d?e?~",
    "[^~]+~|[^~]*~[^~]+",
    `${"a?".repeat(14)}~`,
    "[^~]+(a?){4}~",
  ]) {
    expect(tokenizerSteps({ type: "Split", pattern: { Regex: rule } })).toHaveLength(1);
    text.split(new RegExp(rule, "gu"));
  }
  expect(performance.now() - start).toBeLessThan(2000); // half a second
});

// From their tokenizer.json; those of SmolLM and Pythia have ByteLevel, whose own is GPT-2's.
test.each([
  [
    "GPT-2, SmolLM, Pythia",
    "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  ],
  [
    "Llama 3",
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  ],
  [
    "Qwen2",
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  ],
  [
    "GPT-4o",
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  ],
  ["DeepSeek", "\\s?[A-Za-zµÀ-ÖØ-öø-ƺƼ-ƿǄ-ʓʕ-ʯͰ-ͳͶͷͻ-ͽͿΆΈ-ΊΌΎ-ΡΣ-ϵϷ-ҁҊ-ԯԱ-Ֆ]+"],
])("what published models split text by is let through: %s", (_, rule) => {
  expect(tokenizerSteps({ type: "Split", pattern: { Regex: rule } })).toHaveLength(1);
});
