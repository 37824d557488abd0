import { expect, test } from "vitest";

import { startLensOf, startLensWords } from "./startLens";

test("the lens that is chosen stays the one that is started from while others open, itself in training too", () => {
  const settings = { start: "open", startLens: "closed form" } as const;
  expect(startLensOf(settings, ["closed form"])).toBe("closed form");
  expect(startLensOf(settings, ["closed form", "my text"])).toBe("closed form");
});

test("until a lens is chosen it would be the newest", () => {
  const settings = { start: "closedForm", startLens: null } as const;
  expect(startLensOf(settings, ["closed form", "my text"])).toBe("my text");
  expect(startLensOf(settings, [])).toBeNull();
  expect(startLensWords(null, [])).toBe("no tuned lens is open yet");
});

test("a lens that was closed since is said to be", () => {
  const settings = { start: "open", startLens: "mine" } as const;
  expect(startLensWords(startLensOf(settings, ["other"]), ["other"])).toBe(
    "mine, which is not open",
  );
  expect(startLensWords("other", ["other"])).toBe("other");
});
