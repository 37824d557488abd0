import { expect, test } from "vitest";

import { defaultSettings } from "../../lens/trainingDefaults";
import { figuresLeft, stepsBetween } from "./measuring";

const layers = Array.from({ length: 30 }, (_, layer) => layer);
const model = {
  name: "SmolLM2-135M",
  family: "llama",
  nLayers: 30,
  dModel: 576,
  vocab: 49_152,
  sha256: "",
} as const;
const run = { model, layers, settings: defaultSettings };

test("a long training has eight figures on its way, a short one only as many as cost little", () => {
  expect(stepsBetween(run, 4000, 128)).toBe(500);
  const each = stepsBetween(run, 100, 128);
  // Figures of 128 positions take some nine of these steps: 15 % is one in some sixty.
  expect(each).toBeGreaterThan(45);
  expect(each).toBeLessThan(75);
});

test("steps of more positions, or of the whole vocabulary, are measured more often", () => {
  const each = stepsBetween(run, 100, 128);
  const long = { ...run, settings: { ...defaultSettings, positionsPerStep: 4 * 64 } };
  expect(stepsBetween(long, 100, 128)).toBe(Math.ceil(each / 4));
  const whole = { ...run, settings: { ...defaultSettings, subset: null } };
  expect(stepsBetween(whole, 100, 128)).toBeLessThanOrEqual(Math.ceil(each / 4));
});

test("figuresLeft() counts those that are due, and those after the last step in any case", () => {
  const left = (steps: number, measuredAt: number) => figuresLeft(run, { steps, measuredAt }, 128);
  expect(left(4000, 0)).toBe(8);
  expect(left(4000, 3500)).toBe(1);
  expect(left(4000, 4000)).toBe(0);
  expect(left(10, 0)).toBe(1);
  expect(left(0, 0)).toBe(0);
});
