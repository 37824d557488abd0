import { expect, test } from "vitest";

import { layerLines, logitWords, timeCurves } from "./trainCurves";
import { report, settings } from "./trainTesting";

const at = (phase: typeof report.phase, seconds: number, heldOutKl: number) => ({
  ...report,
  phase,
  seconds,
  heldOutKl,
});
const history = [
  at("start", 1, 20),
  at("closedForm", 3, 3.5),
  at("closedForm", 50, 2.5),
  at("steps", 60, 2.2),
  at("steps", 70, 2.1),
  at("done", 110, 2),
];

test("timeCurves begins the optimiser's curve where the closed form ends", () => {
  expect(timeCurves(history)).toEqual({
    fits: [
      { seconds: 3, nats: 3.5 },
      { seconds: 50, nats: 2.5 },
    ],
    steps: [
      { seconds: 50, nats: 2.5 },
      { seconds: 60, nats: 2.2 },
      { seconds: 70, nats: 2.1 },
    ],
    result: { seconds: 110, nats: 2 },
  });
});

test("timeCurves begins at what was started from where no closed form is made", () => {
  const before = { ...at("steps", 4, 3), step: 0 };
  const { fits, steps } = timeCurves([history[0], before, history[3]]);
  expect(fits).toEqual([]);
  expect(steps).toEqual([
    { seconds: 4, nats: 3 },
    { seconds: 60, nats: 2.2 },
  ]);
});

test("timeCurves has no optimiser's curve before a step", () => {
  expect(timeCurves(history.slice(0, 3)).steps).toEqual([]);
});

test("logitWords gives the curve the logit lens of its positions, and the dot at the end that of its own", () => {
  const unit = { unit: "nats", bitsPerByte: 0.34 } as const;
  const end = { ...at("done", 110, 2), logitHeldOutKl: 20.5, heldOutPositions: 1024 };
  const whole = [...history.slice(0, -1), end];
  expect(logitWords([], unit)).toBeNull();
  expect(logitWords(whole.slice(0, 3), unit)).toBe("logit lens 20.0 of 128 positions");
  expect(logitWords(whole, unit)).toBe(
    "logit lens 20.0 of 128 positions; at the end 20.5 of 1,024",
  );
  expect(logitWords(history, unit)).toBe("logit lens 20.0 of 128 positions");
  expect(logitWords([end], unit)).toBe("logit lens 20.5 of 1,024 positions");
});

const looks = (phase: typeof report.phase, change: Partial<typeof settings> = {}) =>
  layerLines({ ...report, phase }, { ...settings, ...change }).map(
    ({ name, look }) => `${look}: ${name}`,
  );

test("layerLines always has the logit lens, and what it began with beside what it is", () => {
  expect(looks("steps")).toEqual(["logit: logit lens", "start: closed form", "trained: trained"]);
  expect(looks("steps", { start: "open", startLens: "mine" })[1]).toBe("start: mine");
  expect(looks("done")).toEqual(looks("steps"));
});

test("layerLines draws no line twice", () => {
  expect(looks("start")).toEqual(["logit: logit lens"]);
  expect(looks("closedForm")).toEqual(["logit: logit lens", "start: closed form"]);
  expect(looks("steps", { start: "logit" })).toEqual(["logit: logit lens", "trained: trained"]);
  expect(looks("done", { method: "none" })).toEqual(["logit: logit lens", "trained: closed form"]);
});

test("layerLines draws nothing as trained before a step", () => {
  const before = (change: Partial<typeof settings>) =>
    layerLines({ ...report, step: 0 }, { ...settings, ...change }).map(({ name }) => name);
  expect(before({ start: "open", startLens: "mine" })).toEqual(["logit lens", "mine"]);
  expect(before({ start: "logit" })).toEqual(["logit lens"]);
});
