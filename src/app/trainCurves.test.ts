import { expect, test } from "vitest";

import { layerLines, logitWords, timeCurves, timeTable } from "./trainCurves";
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
  expect(timeCurves(history, settings)).toEqual({
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
    before: null, // the curve is of the same positions
  });
});

test("timeCurves holds a result of more positions than the curve's against the start of as many", () => {
  const end = { ...at("done", 110, 1.2), startHeldOutKl: 1.36, heldOutPositions: 1024 };
  const of = (change: Partial<typeof end>, chosen: Partial<typeof settings> = {}) =>
    timeCurves([...history.slice(0, -1), { ...end, ...change }], { ...settings, ...chosen }).before;
  expect(of({})).toEqual({ name: "closed form", seconds: 110, nats: 1.36 });
  expect(of({}, { start: "open", startLens: "mine" })?.name).toBe("mine");
  expect(of({}, { start: "logit" })?.name).toBe("logit lens");
  expect(of({ step: 0 }, { method: "none" })).toBeNull(); // it is the start itself
  expect(timeCurves(history.slice(0, -1), settings).before).toBeNull();
});

test("timeCurves begins at what was started from where no closed form is made", () => {
  const before = { ...at("steps", 4, 3), step: 0 };
  const { fits, steps } = timeCurves([history[0], before, history[3]], settings);
  expect(fits).toEqual([]);
  expect(steps).toEqual([
    { seconds: 4, nats: 3 },
    { seconds: 60, nats: 2.2 },
  ]);
});

test("timeCurves has no optimiser's curve before a step", () => {
  expect(timeCurves(history.slice(0, 3), settings).steps).toEqual([]);
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

test("timeTable has a row for each report, and each lens's mean only where it was measured", () => {
  const nats = { unit: "nats", bitsPerByte: 0.34 } as const;
  const end = { ...report, phase: "done", step: 96, seconds: 161, heldOutPositions: 1024 } as const;
  const all = [
    { ...report, phase: "start", step: 0, seconds: 1 } as const,
    { ...report, phase: "closedForm", step: 0, seconds: 50 } as const,
    report,
    end,
  ];
  expect(timeTable(all, settings, nats)).toEqual({
    columns: ["time", "after", "logit lens", "closed form", "trained", "held-out positions"],
    rows: [
      ["1.0 s", "no training", "20.0", "", "", "128"],
      ["50 s", "closed form of 18,432 positions", "20.0", "2.00", "", "128"],
      ["1 min 36 s", "41 steps", "20.0", "2.50", "2.00", "128"],
      ["2 min 41 s", "the end, 96 steps", "20.0", "2.50", "2.00", "1,024"],
    ],
  });
  const bits = { ...nats, unit: "bits per byte" } as const;
  expect(timeTable(all, settings, bits).rows[0][2]).toBe("6.80");
  const { columns } = timeTable(all.slice(0, 2), settings, nats);
  expect(columns).toEqual(["time", "after", "logit lens", "closed form", "held-out positions"]);
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
