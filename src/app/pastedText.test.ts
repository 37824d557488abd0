import { expect, test } from "vitest";

import { isOnlyNames } from "./pastedText";

test("isOnlyNames is true of nothing, of names and of paths", () => {
  expect(isOnlyNames("", ["params.pt"])).toBe(true);
  expect(isOnlyNames("params.pt", ["params.pt"])).toBe(true);
  expect(isOnlyNames("/a/params.pt\r\nC:\\a\\config.json\n", ["config.json", "params.pt"])).toBe(
    true,
  );
});

test("isOnlyNames is false of text that somebody wrote", () => {
  expect(isOnlyNames("The capital of France is", ["image.png"])).toBe(false);
  expect(isOnlyNames("params.pt\nand more", ["params.pt"])).toBe(false);
});
