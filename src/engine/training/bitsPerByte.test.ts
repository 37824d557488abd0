import { expect, test } from "vitest";

import { bitsPerByte } from "./bitsPerByte";

test("bitsPerByte() makes uniform bytes, ln 256 nats each, 8 bits a byte: no position predicts a first token", () => {
  const [sequences, sequenceLength] = [3, 5];
  const heldOutBytes = sequences * (sequenceLength - 1);
  const summary = { heldOutPositions: sequences * sequenceLength, heldOutBytes, sequenceLength };
  expect(Math.log(256) * bitsPerByte(summary)).toBeCloseTo(8, 12);
  // Tokens of two bytes say half as much of each.
  expect(bitsPerByte({ ...summary, heldOutBytes: 2 * heldOutBytes })).toBeCloseTo(
    bitsPerByte(summary) / 2,
    12,
  );
});

test("bitsPerByte() of a text whose tokens have no bytes is finite", () => {
  const summary = { heldOutPositions: 4, heldOutBytes: 0, sequenceLength: 4 };
  expect(bitsPerByte(summary)).toBeCloseTo(3 / Math.LN2, 12);
});
