import { expect, test } from "vitest";

import { signed, tokenParts } from "./tokenMarks";

const space = { name: "space", sign: "␣" };
const newline = { name: "newline", sign: "⏎" };
const tab = { name: "tab", sign: "⇥" };

test("tokenParts draws spaces, newlines and tabs, each by itself and in place", () => {
  expect(tokenParts(" Paris")).toEqual([space, "Paris"]);
  expect(tokenParts("a  b\n")).toEqual(["a", space, space, "b", newline]);
  expect(tokenParts("\n\t \n")).toEqual([newline, tab, space, newline]);
});

test("tokenParts never trims, and has nothing to write of an empty text", () => {
  expect(tokenParts("  ")).toEqual([space, space]);
  expect(tokenParts("")).toEqual([]);
});

test("tokenParts names what a page would not show", () => {
  expect(tokenParts("\u00A0a\r\n")).toEqual(["⟨U+00A0⟩a⟨U+000D⟩", newline]);
  expect(tokenParts("\uDCE2")).toEqual(["⟨E2⟩"]);
});

test("tokenParts writes signs that stand in the text itself as text", () => {
  expect(tokenParts("␣⏎⇥")).toEqual(["␣⏎⇥"]);
});

test("signed writes the marks as signs", () => {
  expect([" Paris", "\n\n", "\tx = 1", "", "é"].map(signed)).toEqual([
    "␣Paris",
    "⏎⏎",
    "⇥x␣=␣1",
    "",
    "é",
  ]);
});
