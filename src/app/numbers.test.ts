import { expect, test } from "vitest";

import { count, megabytes, nats, probability, seconds } from "./numbers";

test("nats have 2 decimals, 1 from 10 and none from 100", () => {
  expect([0, 0.314, 9.994, 9.996, 13.34, 99.94, 99.96, 103.5].map(nats)).toEqual([
    "0.00",
    "0.31",
    "9.99",
    "10.0",
    "13.3",
    "99.9",
    "100",
    "104",
  ]);
});

test("a probability is never shown as 0", () => {
  expect([1.0000001, 0.7024, 0.0005, 0.0004].map(probability)).toEqual([
    "1.000",
    "0.702",
    "0.001",
    "<0.001",
  ]);
});

test("megabytes are decimal, and seconds turn into minutes", () => {
  expect(megabytes(118_249_000)).toBe("118.2");
  expect([0.2, 9.4, 64].map(seconds)).toEqual(["1 s", "9 s", "1 min 4 s"]);
});

test("count takes the plural unless it is one", () => {
  expect([1, 10, 8192].map((n) => count(n, "token"))).toEqual([
    "1 token",
    "10 tokens",
    "8,192 tokens",
  ]);
});
