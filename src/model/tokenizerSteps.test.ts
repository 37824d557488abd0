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
  expect(() => tokenizerSteps({ type: "Replace", pattern: { Regex: ".*".repeat(5) } })).toThrow(
    "ever",
  );
  expect(tokenizerSteps({ type: "Split", pattern: { Regex: "\\s+|.+" } })).toHaveLength(1);
  expect(tokenizerSteps({ type: "Split", pattern: { String: rule } })).toHaveLength(1);
});
