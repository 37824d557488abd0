import { expect, test } from "vitest";

import { defaultSample } from "../lens/trainingDefaults";
import { report } from "./trainTesting";
import { shareSampled, shareTrained, trainTitle } from "./trainTitle";

test("trainTitle says how much is trained while it is, and nothing otherwise", () => {
  expect(trainTitle({ status: "running" }, report)).toBe("60% trained · Midthought");
  expect(trainTitle({ status: "running" }, null)).toBe("Training · Midthought");
  expect(trainTitle({ status: "paused" }, report)).toBe("Paused · Midthought");
  expect(trainTitle({ status: "idle" }, null)).toBeNull();
  expect(trainTitle({ status: "done" }, report)).toBeNull();
});

test("trainTitle says how much is sampled, before a training or without one, and not beside one", () => {
  expect(trainTitle({ status: "starting" }, null)).toBe("Training · Midthought");
  expect(trainTitle({ status: "starting" }, null, 0.379)).toBe("37% sampled · Midthought");
  expect(trainTitle({ status: "idle" }, null, 0)).toBe("0% sampled · Midthought");
  expect(trainTitle({ status: "done" }, report, 1)).toBe("100% sampled · Midthought");
  expect(trainTitle({ status: "running" }, report, 0.5)).toBe("60% trained · Midthought");
});

test("shareSampled is of a text that the model writes now", () => {
  const options = { sequenceLength: null, heldOut: null };
  const form = { pastedLength: 0, files: [], corpus: null, sample: defaultSample, options };
  const sample = { ...form, choice: "sample" } as const;
  const progress = { done: 37, all: 100, unit: "tokens" } as const;
  const textStatus = { status: "preparing", progress } as const;
  expect(shareSampled({ text: sample, textStatus })).toBe(0.37);
  expect(shareSampled({ text: { ...form, choice: "paste" }, textStatus })).toBeNull();
  const begun = { status: "preparing", progress: null } as const;
  expect(shareSampled({ text: sample, textStatus: begun })).toBeNull();
  expect(shareSampled({ text: sample, textStatus: { status: "idle" } })).toBeNull();
});

test("shareTrained goes by time, by steps where that is not known, and ends at 1", () => {
  expect(shareTrained(report)).toBeCloseTo(96 / 160, 12);
  expect(shareTrained({ ...report, secondsLeft: null })).toBeCloseTo(41 / 96, 12);
  expect(shareTrained({ ...report, phase: "done" })).toBe(1);
  expect(shareTrained(null)).toBeNull();
});
