import { expect, test } from "vitest";

import { quoted, readable } from "./tokenText";

test("readable leaves ordinary text, spaces, newlines and tabs alone", () => {
  expect(readable(" é 日本\n\t😀")).toBe(" é 日本\n\t😀");
});

test("readable names stray bytes and invisible characters", () => {
  expect(readable("\uDCE2\uDC80")).toBe("⟨E2⟩⟨80⟩");
  expect(readable("a\u0007\u00A0\u202E\uD800")).toBe("a⟨U+0007⟩⟨U+00A0⟩⟨U+202E⟩⟨U+D800⟩");
});

test("quoted keeps a leading space and escapes a newline", () => {
  expect(quoted(" Paris\n")).toBe('" Paris\\n"');
});
