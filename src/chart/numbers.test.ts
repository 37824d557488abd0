import { expect, test } from "vitest";

import { commas, count, megabytes, natsOrBits, probability, seconds } from "./numbers";

test("nats have 2 decimals, 1 from 10 and none from 100", () => {
  expect(
    [0, 0.314, 9.994, 9.996, 13.34, 99.94, 99.96, 103.5].map((x) => natsOrBits(x, "nats")),
  ).toEqual(["0.00", "0.31", "9.99", "10.0", "13.3", "99.9", "100", "104"]);
});

test("bits are nats over ln 2", () => {
  expect(natsOrBits(25, "bits")).toBe("36.1");
  expect(natsOrBits(Math.LN2, "bits")).toBe("1.00");
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
  expect([0.2, 9.4, 59.4, 59.6, 64, 3600].map(seconds)).toEqual([
    "1 s",
    "9 s",
    "59 s",
    "1 min 0 s",
    "1 min 4 s",
    "60 min 0 s",
  ]);
});

test("count takes the plural unless it is one", () => {
  expect([1, 10, 8192].map((n) => count(n, "token"))).toEqual([
    "1 token",
    "10 tokens",
    "8,192 tokens",
  ]);
});

test("commas stand between thousands, whatever the system's language", () => {
  expect([0, 999, 1000, 49_152, 1_234_567].map(commas)).toEqual([
    "0",
    "999",
    "1,000",
    "49,152",
    "1,234,567",
  ]);
});
