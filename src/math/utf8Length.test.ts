import { expect, test } from "vitest";

import { utf8Length } from "./utf8Length";

test("utf8Length() is what an encoder makes of a text", () => {
  for (const text of ["", "plain", "é߿", "漢ࠀ\uffff", "😀𐀀", "a\ud83d", "\ude00\ud83d\ud83d\ude00"])
    expect(utf8Length(text), text).toBe(new TextEncoder().encode(text).length);
});
