import { expect, test } from "vitest";

import { printable } from "./printable";

test("what is not drawn, or turns the writing round, becomes a mark", () => {
  expect(printable("a\u0000b\n\u202ec\u2028d\ud800")).toBe("a\ufffdb\ufffd\ufffdc\ufffdd\ufffd");
  expect(printable("Größe 3.weight 😀")).toBe("Größe 3.weight 😀");
});

test("a long text is cut, and a character that the cut halves is a mark", () => {
  expect(printable("x".repeat(80))).toBe("x".repeat(80));
  expect(printable("x".repeat(81))).toBe(`${"x".repeat(80)}…`);
  expect(printable("ab😀", 3)).toBe("ab\ufffd…");
});

test("no text ends the sentence that it stands in", () => {
  expect(printable("v1. final.pt")).toBe("v1.␣final.pt");
  for (const end of [".", "!", "?"]) {
    for (const space of [" ", "\u00a0", "\u3000", "\n", "  "]) {
      expect(printable(`a${end}${space}b`)).not.toMatch(/[.!?]\s/);
    }
  }
});
