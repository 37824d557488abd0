import { expect, test } from "vitest";

import { PromptError } from "../errors";
import { createIdTokenizer } from "./idTokenizer";

const { encode, decode, tokenText, longestToken, vocab } = createIdTokenizer(50257);

test.each([
  ["spaces and newlines", "12 7\n\n 300\u3000"],
  ["commas", "12,7, 300,"],
  ["a list of Python's or JSON's", "[12, 7, 300]"],
  ["a tensor of PyTorch's", "[[ 12,   7, 300]]"],
  ["tokens as the page shows them", "#12 #7 #300"],
])("encode reads ids with %s between them", (_, text) => {
  expect(encode(text)).toEqual([12, 7, 300]);
});

test("encode undoes decode", () => {
  const ids = [0, 50256, 7, 7];
  expect(encode(decode(ids))).toEqual(ids);
  expect(encode(ids.map(tokenText).join(" "))).toEqual(ids);
  expect(encode(decode([]))).toEqual([]);
  expect(encode(" [] ")).toEqual([]);
});

test("tokenText is the id with a number sign", () => {
  expect(tokenText(12)).toBe("#12");
  expect(vocab).toBe(50257);
});

test.each(["The", "1.5", "-1", "1e3", "0x10", "+5", "٣", "12#", "##1", "NaN", "__proto__"])(
  "encode names the word %s, which is no id",
  (word) => {
    const read = () => encode(`12 ${word} 7`);
    expect(read).toThrow(PromptError);
    expect(read).toThrow(
      `This model has no tokenizer: type token ids, such as 12 7 300. "${word}" is not one.`,
    );
  },
);

test("encode names the id that is past the last one, and the last one", () => {
  expect(encode("50256")).toEqual([50256]);
  expect(() => encode("12 50257")).toThrow(PromptError);
  expect(() => encode("12 50257")).toThrow(
    "50257 is not a token of this model: ids go from 0 to 50,256.",
  );
  expect(() => encode("9".repeat(1000))).toThrow(`${"9".repeat(30)}… is not a token`);
  expect(() => encode("x".repeat(1000))).toThrow(`"${"x".repeat(30)}…" is not one.`);
});

test("the example in the sentence is of this model's ids", () => {
  expect(() => createIdTokenizer(10).encode("a")).toThrow("such as 9 7 9.");
});

test("a list of 8,192 ids, one a line and indented, is not too long for as many tokens", () => {
  const text = JSON.stringify([Array(8192).fill(50256)], null, 4);
  expect(text.length).toBeGreaterThan(8192 * 15);
  expect(text.length).toBeLessThan(8192 * longestToken);
  expect(encode(text)).toHaveLength(8192);
});
