import { expect, test } from "vitest";

import { type NumberTaken, numberFrom, numberRefusal } from "./typedNumber";

const whole: NumberTaken = {
  isWhole: true,
  min: 1,
  max: Number.POSITIVE_INFINITY,
  mayBeEmpty: false,
};
const decimal: NumberTaken = { ...whole, isWhole: false, min: Number.MIN_VALUE };
const seed: NumberTaken = { ...whole, min: 0, max: 2 ** 32 - 1 };

test("a whole number is taken with commas between thousands, as the page writes it, and without", () => {
  expect(numberFrom("18432", whole)).toBe(18_432);
  expect(numberFrom("18,432", whole)).toBe(18_432);
  expect(numberFrom(" 1,024 ", whole)).toBe(1024);
  expect(numberFrom("1,234,567", whole)).toBe(1_234_567);
  expect(numberFrom("1e4", whole)).toBe(10_000);
});

test.each(["1,5", "18,", "18,43", "1,0245", "1234,567", ",024", "1,,024", "1.5", "-1", "0", "ten"])(
  "%s is no whole number from 1",
  (text) => {
    expect(numberFrom(text, whole)).toBeUndefined();
    expect(numberRefusal(text, whole)).toBe(`“${text}” is not a whole number from 1.`);
  },
);

test("a comma in a number that may have decimals is not taken, whatever it was to mean", () => {
  for (const text of ["0,1", "1,000"]) {
    expect(numberFrom(text, decimal)).toBeUndefined();
    expect(numberRefusal(text, decimal)).toBe(
      `“${text}” is not a number above 0: its decimals have a point.`,
    );
  }
  expect(numberFrom("0.1", decimal)).toBe(0.1);
  expect(numberFrom("1e-3", decimal)).toBe(0.001);
});

test("numbers are held to their bounds, which a refusal names", () => {
  expect(numberFrom("4294967295", seed)).toBe(2 ** 32 - 1);
  expect(numberFrom("4,294,967,296", seed)).toBeUndefined();
  expect(numberRefusal("4,294,967,296", seed)).toBe(
    "“4,294,967,296” is not a whole number from 0 to 4,294,967,295.",
  );
  expect(numberFrom("0", decimal)).toBeUndefined();
  expect(numberRefusal("0", decimal)).toBe("“0” is not a number above 0.");
  expect(numberFrom("Infinity", decimal)).toBeUndefined();
  expect(numberFrom("9007199254740993", whole)).toBeUndefined(); // it would be another
});

test("nothing is taken where something holds in its place", () => {
  expect(numberFrom(" ", { ...whole, mayBeEmpty: true })).toBeNull();
  expect(numberFrom("", whole)).toBeUndefined();
  expect(numberRefusal("", whole)).toBe("It takes a whole number from 1.");
});

test("a refusal says the beginning of what is long", () => {
  expect(numberRefusal("x".repeat(1e6), whole).length).toBeLessThan(80);
});
