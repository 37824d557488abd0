import { expect, test } from "vitest";

import { fileName, lensFileName } from "./exportReading";

test("fileName says the prompt's words in lower case, with hyphens between", () => {
  expect(fileName("The Eiffel Tower is in")).toBe("midthought-the-eiffel-tower-is-in");
  expect(fileName("def add(a, b):\n    return a +")).toBe("midthought-def-add-a-b-return-a");
});

test("fileName is the page's name where the prompt has no letters, or there is none", () => {
  for (const prompt of [null, "", " \n", "…", "日本"]) expect(fileName(prompt)).toBe("midthought");
});

test("fileName drops accents and keeps their letters", () => {
  expect(fileName("Éa ﬁ")).toBe("midthought-ea-fi");
});

test("fileName is at most 48 characters and ends with none that is not a letter", () => {
  // "midthought-" is 11 characters, so that 37 are left: the 37th is the hyphen.
  expect(fileName(`${"a".repeat(36)} b`)).toBe(`midthought-${"a".repeat(36)}`);
  expect(fileName("a".repeat(100))).toHaveLength(48);
});

test("fileName has no character that a system or a path reads otherwise", () => {
  expect(fileName("../..\\con: <a|b>?*\u0000\u202E.exe")).toMatch(/^midthought(-[a-z0-9]+)*$/);
});

test("lensFileName is a lens's name in letters that every system allows", () => {
  expect(lensFileName("closed form, sampled text")).toBe("closed-form-sampled-text");
  expect(lensFileName("../../a lens: 2")).toBe("a-lens-2");
  expect(lensFileName("透镜")).toBe("lens");
});
