import { describe, expect, test } from "vitest";

import { shownStatistics, units } from "../lens/view";
import { clampNats, nameWithUnit, statisticScale } from "./statisticScale";

const vocab = 49_152;
const scaleOf = (statistic: (typeof shownStatistics)[number]) => statisticScale(statistic, vocab);
const labels = (
  statistic: (typeof shownStatistics)[number],
  unit: (typeof units)[number] = "nats",
) =>
  scaleOf(statistic)
    .ticks(unit)
    .map(({ label }) => label);
const placesOf = (statistic: (typeof shownStatistics)[number], unit: (typeof units)[number]) =>
  scaleOf(statistic)
    .ticks(unit)
    .map(({ value }) => scaleOf(statistic).place(value));

describe.each(["klFromFinal", "crossEntropy"] as const)("the root scale of %s", (statistic) => {
  const { place, ticks, format, isClamped, hasUnit } = scaleOf(statistic);

  test("begins at 0 and reaches its end at 25 nats, past which it goes on", () => {
    expect(clampNats).toBe(25);
    expect([0, 6.25, 25, 100].map(place)).toEqual([0, 0.5, 1, 2]);
    expect(place(-1e-7)).toBe(0); // a divergence that rounding made negative
    expect(isClamped).toBe(true);
  });

  test("has ticks at squares, hence at even distances", () => {
    expect(labels(statistic)).toEqual(["0", "1", "4", "9", "16", "25"]);
    for (const [i, at] of placesOf(statistic, "nats").entries()) expect(at).toBeCloseTo(i / 5, 12);
    const bits = placesOf(statistic, "bits");
    for (const [i, at] of bits.entries()) expect(at).toBeCloseTo(i * bits[1], 12);
  });

  test("is relabelled by bits only: 36 bits are within 0.1% of the clamp", () => {
    expect(labels(statistic, "bits")).toEqual(["0", "1", "4", "9", "16", "25", "36"]);
    const last = placesOf(statistic, "bits").at(-1)!;
    expect(last).toBeLessThan(1);
    expect(last).toBeGreaterThan(0.999);
    expect(ticks("bits")[1].value).toBeCloseTo(Math.LN2, 12); // in nats, as the place wants it
  });

  test("says nats, or bits", () => {
    expect(format(25, "nats")).toBe("25.0");
    expect(format(25, "bits")).toBe("36.1"); // 36.07
    expect(format(0.314, "nats")).toBe("0.31");
    expect(hasUnit).toBe(true);
  });
});

test("entropy goes from 0 to ln V, in the same colours for both units", () => {
  const { place, format, isClamped } = scaleOf("entropy");
  expect(place(0)).toBe(0);
  expect(place(Math.log(vocab) / 2)).toBeCloseTo(0.5, 12);
  expect(place(Math.log(vocab))).toBe(1);
  expect(place(-1e-7)).toBe(0);
  expect(isClamped).toBe(false);
  expect(labels("entropy")).toEqual(["0", "2", "4", "6", "8", "10"]); // ln 49,152 is 10.80
  expect(labels("entropy", "bits")).toEqual(["0", "3", "6", "9", "12", "15"]); // 15.58 bits
  expect(format(Math.LN2, "bits")).toBe("1.00");
});

test("rank goes from 1 to V on a logarithm, without a unit", () => {
  const { place, format, hasUnit } = scaleOf("rank");
  expect(place(1)).toBe(0);
  expect(place(Math.sqrt(vocab))).toBeCloseTo(0.5, 12);
  expect(place(vocab)).toBe(1);
  const [one, ten, hundred] = placesOf("rank", "nats");
  expect(hundred - ten).toBeCloseTo(ten - one, 12);
  expect(labels("rank")).toEqual(["1", "10", "100", "1k", "10k"]);
  expect(labels("rank", "bits")).toEqual(labels("rank"));
  expect(format(49_152, "nats")).toBe("49,152");
  expect(hasUnit).toBe(false);
});

test("max probability goes from 0 to 1, without a unit", () => {
  const { place, format, hasUnit } = scaleOf("maxProb");
  expect([0, 0.25, 1].map(place)).toEqual([0, 0.25, 1]);
  expect(labels("maxProb")).toEqual(["0", "0.25", "0.5", "0.75", "1"]);
  expect(format(0.7024, "bits")).toBe("0.702");
  expect(format(0.0004, "nats")).toBe("<0.001");
  expect(hasUnit).toBe(false);
});

test("no scale has a tick past its end, whatever the vocabulary", () => {
  for (const statistic of shownStatistics) {
    for (const unit of units) {
      for (const size of [8, 257, vocab, 256_000]) {
        const { place, ticks } = statisticScale(statistic, size);
        const at = ticks(unit).map(({ value }) => place(value));
        expect(at[0]).toBe(0);
        expect(at).toEqual(at.toSorted((a, b) => a - b));
        expect(at.at(-1)).toBeLessThanOrEqual(1);
      }
    }
  }
});

test("nameWithUnit says the unit where there is one", () => {
  expect(shownStatistics.map((statistic) => nameWithUnit(scaleOf(statistic), "bits"))).toEqual([
    "KL(final ‖ lens), bits",
    "Entropy, bits",
    "Cross entropy, bits",
    "Rank of next token",
    "Max probability",
  ]);
});
