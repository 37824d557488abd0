import { expect, test } from "vitest";

import { type Draft, typed } from "./draft";
import { numberFrom } from "./typedNumber";

const whole = { isWhole: true, min: 1, max: Number.POSITIVE_INFINITY, mayBeEmpty: false };

/** What holds after each key of a text that is typed into a field of 64. */
function heldAfterKeys(text: string): (number | null)[] {
  let draft: Draft<number | null> | null = null;
  return Array.from(text, (_, i) => {
    const value: number | null = draft ? draft.held : 64;
    draft = typed(draft, text.slice(0, i + 1), value, (text) => numberFrom(text, whole));
    return draft.held;
  });
}

test("a draft that says a value holds it at once", () => {
  expect(heldAfterKeys("128")).toEqual([1, 12, 128]);
});

test("a draft that says none leaves what held before the first key, not its last valid beginning", () => {
  expect(heldAfterKeys("1,5")).toEqual([1, 64, 64]);
  expect(heldAfterKeys("12x")).toEqual([1, 12, 64]);
});

test("a number is taken once its last group of digits is whole", () => {
  expect(heldAfterKeys("18,432")).toEqual([1, 18, 64, 64, 64, 18_432]);
});
