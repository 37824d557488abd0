import { expect, test } from "vitest";

import { report } from "./trainTesting";
import { shareTrained, trainTitle } from "./trainTitle";

test("trainTitle says how much is trained while it is, and nothing otherwise", () => {
  expect(trainTitle({ status: "running" }, report)).toBe("60% trained · Midthought");
  expect(trainTitle({ status: "running" }, null)).toBe("Training · Midthought");
  expect(trainTitle({ status: "paused" }, report)).toBe("Paused · Midthought");
  expect(trainTitle({ status: "idle" }, null)).toBeNull();
  expect(trainTitle({ status: "done" }, report)).toBeNull();
});

test("shareTrained goes by time, by steps where that is not known, and ends at 1", () => {
  expect(shareTrained(report)).toBeCloseTo(96 / 160, 12);
  expect(shareTrained({ ...report, secondsLeft: null })).toBeCloseTo(41 / 96, 12);
  expect(shareTrained({ ...report, phase: "done" })).toBe(1);
  expect(shareTrained(null)).toBeNull();
});
