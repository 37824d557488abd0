import { expect, test } from "vitest";

import { layerTicks, rootTicks, timeTicks } from "./ticks";

test("layerTicks names every few layers, and always the last, with room before it", () => {
  expect(layerTicks(29, 9)).toEqual([0, 4, 8, 12, 16, 20, 24, 29]);
  expect(layerTicks(29, 5)).toEqual([0, 8, 16, 29]);
  expect(layerTicks(3, 9)).toEqual([0, 1, 2, 3]);
  expect(layerTicks(0, 9)).toEqual([0]);
});

test("rootTicks are squares in nats, up to the axis's end", () => {
  expect(rootTicks(25, 1).map(({ label }) => label)).toEqual(["0", "1", "4", "9", "16", "25"]);
});

test("rootTicks are at even distances on a √ axis in another unit too, and say it in that unit", () => {
  const ticks = rootTicks(25, 0.36); // 25 nats are 9 bits a byte
  expect(ticks.map(({ label }) => label)).toEqual(["0", "0.25", "1", "2.25", "4", "6.25", "9"]);
  const roots = ticks.map(({ value }) => Math.sqrt(value));
  for (const [i, root] of roots.entries()) expect(root).toBeCloseTo((i * 5) / 6, 10);
});

test("rootTicks always have the axis's end, with room before it", () => {
  const ticks = rootTicks(25, 0.33);
  expect(ticks.map(({ label }) => label)).toEqual(["0", "0.25", "1", "2.25", "4", "8.25"]);
  expect(ticks.at(-1)!.value).toBe(25);
});

test("timeTicks count in seconds, minutes or hours, at most seven times", () => {
  const of = (seconds: number) => {
    const { name, ticks } = timeTicks(seconds);
    return `${ticks.map(({ label }) => label).join(" ")} ${name}`;
  };
  expect(of(0)).toBe("0 seconds");
  expect(of(165)).toBe("0 30 60 90 120 150 seconds");
  expect(of(900)).toBe("0 5 10 15 minutes");
  expect(of(20 * 3600)).toBe("0 4 8 12 16 20 hours");
  expect(timeTicks(900).ticks.at(-1)?.value).toBe(900);
});
