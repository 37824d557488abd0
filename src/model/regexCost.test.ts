import { expect, test } from "vitest";

import { regexCost } from "./regexCost";

test.each([
  ["abc", 0],
  ["a?b", 1],
  ["a+b", 10],
  ["a+", 0],
  ["a*b+", 10],
  ["a*b+c?", 10],
  ["a*b+c?d", 21],
  ["a+(?!b)", 10],
  ["a+b*", 0],
  ["a+(b*c)?", 10],
  ["a+(b*c)?d", 21],
  ["(a+){3}", 20],
  ["(a+){0,3}b", 32],
  ["a{3}", 0],
  ["a{1,4}b", 2],
  ["a{0,1000}b", Math.log2(1001)],
  ["a{1,2000}b", 10],
  ["a{2,}b", 10],
  ["a{,7}b", 3],
  ["(?:(a+)+){0}b", 0],
  ["a{}{b", 0],
  ["a|b|c+d|d", Math.log2(1024 + 3)],
  ["(a|b)(?:c|d)?", 1],
  ["(a|b)(?:c|d)?e", 3],
  ["(a?){8}b", 8],
  ["(?:\\d{3})*b", 10],
  ["[+*]\\+\\(", 0],
  ["[]+](a)", 0],
  ["[^\\]a[b+]+]c", 0],
  ["a*+b+?", 10],
  [`(a?){${"9".repeat(400)}}b`, Infinity],
])("regexCost(%j) is %d bits", (pattern, bits) => {
  expect(regexCost(pattern)).toBeCloseTo(bits, 10);
});

test.each([
  "(a+)+",
  "(a|b)*",
  "((a?)b)+",
  "(?:a{1,3})+",
  "a{1,30}+",
  "^(([ -~]|.)*)*!",
  "[]](.*)*",
  "((a+)+){}",
])("regexCost(%j) is infinite: it is exponential in the text", (pattern) => {
  expect(regexCost(pattern)).toBe(Number.POSITIVE_INFINITY);
});

test("regexCost is small for what tokenizers split by: Llama 3, GPT-4o and Mistral's, BLOOM, DeepSeek", () => {
  const upper = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  const lower = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  const contraction = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  const rest = "\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  for (const pattern of [
    `${contraction}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${rest}`,
    `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+${contraction}?|[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*${contraction}?|${rest}`,
    " ?[^(\\s|[.,!?…。，、।۔،])]+",
    "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
    "\\d{1,3}(?=(?:\\d{3})*\\b)",
  ]) {
    expect(regexCost(pattern)).toBeLessThan(13);
  }
});
