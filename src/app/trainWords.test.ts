import { expect, test } from "vitest";

import { receipt, report, settings, text } from "./trainTesting";
import {
  anewSentence,
  duration,
  estimateSentence,
  memory,
  paceSentence,
  reportSentence,
  runSentence,
  savedRemedy,
  savedSentence,
  textProgressSentence,
  textSentence,
  trainedSentence,
} from "./trainWords";

test("duration says seconds, then minutes, then hours", () => {
  expect(duration(50.2)).toBe("50 s");
  expect(duration(64)).toBe("1 min 4 s");
  expect(duration(161)).toBe("2 min 41 s");
  expect(duration(3599.4)).toBe("59 min 59 s");
  expect(duration(3599.6)).toBe("1 h 0 min");
  expect(duration(7500)).toBe("2 h 5 min");
});

test("memory says whole megabytes, and gigabytes to one decimal", () => {
  expect(memory(310_400_000)).toBe("310 MB");
  expect(memory(1_240_000_000)).toBe("1.2 GB");
  expect(memory(1000)).toBe("1 MB");
});

test("textSentence says how much text there is, and what of it is held out", () => {
  expect(textSentence(text)).toBe(
    "84,512 characters. 18,432 positions to train on, 1,024 held out. 19,456 tokens, 102 sequences of 192; 5.3 % held out.",
  );
});

test("textSentence says the share that is held out to two digits, however small it is", () => {
  const share = (trainPositions: number) =>
    textSentence({ ...text, trainPositions }).match(/; (.+) held out\.$/)?.[1];
  expect([1024, 9216, 5_000_000].map(share)).toEqual(["50 %", "10 %", "0.02 %"]);
});

test("textProgressSentence says what is done with the text, and how far", () => {
  expect(textProgressSentence(null, true, null)).toBe("The model is about to write.");
  expect(textProgressSentence({ done: 4608, all: 19_456, unit: "tokens" }, true, null)).toBe(
    "The model writes: 4,608 of 19,456 tokens.",
  );
  expect(textProgressSentence({ done: 4608, all: 19_456, unit: "tokens" }, false, null)).toBe(
    "Counting: 4,608 of 19,456 tokens.",
  );
  expect(
    textProgressSentence({ done: 1_200_000, all: 3_400_000, unit: "bytes" }, false, null),
  ).toBe("Reading the text: 1.2 of 3.4 MB.");
  expect(textProgressSentence({ done: 4608, all: 19_456, unit: "tokens" }, true, 190)).toBe(
    "The model writes: 4,608 of 19,456 tokens, about 3 min 10 s left.",
  );
});

test("estimateSentence says time, memory and disk before anything runs", () => {
  const estimate = {
    closedFormSeconds: 50,
    stepSeconds: 1.16,
    steps: 96,
    evaluationSeconds: 42,
    totalSeconds: 203,
    memoryBytes: 610_000_000,
    storageBytes: 120_000_000,
  };
  expect(estimateSentence(estimate)).toBe(
    "About 3 min 23 s and 610 MB of memory on this machine, and 120 MB of disk while it runs.",
  );
});

test("reportSentence says the step and the time that is left, as far as it is known", () => {
  expect(reportSentence(report)).toBe("Step 41 of 96, about 1 min 4 s left.");
  expect(reportSentence({ ...report, secondsLeft: null })).toBe("Step 41 of 96.");
  expect(reportSentence({ ...report, step: 96 })).toBe(
    "The held-out text is measured, about 1 min 4 s left.",
  );
  expect(reportSentence({ ...report, phase: "closedForm", positions: 4608 })).toBe(
    "Closed form: 4,608 positions, about 1 min 4 s left.",
  );
  expect(reportSentence({ ...report, phase: "start" })).toBe(
    "The logit lens is measured, about 1 min 4 s left.",
  );
});

test("runSentence says where a paused training stands, and nothing before the first", () => {
  expect(runSentence({ status: "idle" }, null, null)).toBeNull();
  expect(runSentence({ status: "paused" }, report, null)).toBe("Paused at step 41 of 96.");
  expect(runSentence({ status: "running" }, null, null)).toBe("The training begins.");
  expect(runSentence({ status: "done" }, report, receipt)).toBe(trainedSentence(receipt));
});

test("runSentence says that a paused training is saved only where it is", () => {
  const paused = (isSaved: boolean) =>
    runSentence({ status: "paused" }, { ...report, isSaved }, null);
  expect(paused(true)).toBe(
    "Paused at step 41 of 96. It is saved on this machine and goes on where it was.",
  );
  expect(paused(false)).not.toMatch(/saved/);
  expect(runSentence({ status: "pausing" }, report, null)).not.toMatch(/saved/);
});

test("paceSentence says how fast positions are trained on, and nothing where none are", () => {
  const running = { status: "running" } as const;
  const at = (pace: number) => paceSentence(running, { ...report, positionsPerSecond: pace });
  expect([at(165.4), at(2_481), at(9.96), at(7.42)]).toEqual([
    "165 positions a second.",
    "2,481 positions a second.",
    "10 positions a second.",
    "7.4 positions a second.",
  ]);
  expect(at(0)).toBeNull(); // not known yet
  const during = (change: Partial<typeof report>) =>
    paceSentence(running, { ...report, ...change });
  expect(during({ phase: "closedForm" })).toBe("165 positions a second.");
  expect(during({ phase: "start" })).toBeNull();
  expect(during({ step: 96 })).toBeNull(); // the held-out text is measured
  expect(during({ phase: "done" })).toBeNull();
  expect(paceSentence({ status: "paused" }, report)).toBeNull();
  expect(paceSentence(running, null)).toBeNull();
});

const withKl = (lens: readonly number[]) => ({
  ...receipt,
  heldOutKl: { ...receipt.heldOutKl, lens },
});

test("trainedSentence says at how many layers held-out KL fell, never that it did where it rose", () => {
  expect(trainedSentence(receipt)).toBe("Trained in 2 min 41 s. Held-out KL fell at every layer.");
  expect(trainedSentence(withKl([3, 1.5, 1.1]))).toBe(
    "Trained in 2 min 41 s. Held-out KL fell at 2 of 3 layers, not at layer 2.",
  );
  expect(trainedSentence(withKl([3, 2.5, 1.1]))).toBe(
    "Trained in 2 min 41 s. Held-out KL fell at 1 of 3 layers, not at layers 1 and 2.",
  );
  expect(trainedSentence(withKl([5, 5, 5]))).toBe(
    "Trained in 2 min 41 s. Held-out KL fell at no layer.",
  );
});

test("trainedSentence takes an equal KL for one that did not fall", () => {
  expect(trainedSentence(withKl([3, 1.5, 1]))).toContain("at 2 of 3 layers, not at layer 2.");
});

test("trainedSentence takes a KL that is not a number for one that did not fall", () => {
  expect(trainedSentence(withKl([3, Number.NaN, 1.5]))).not.toContain("every layer");
  expect(trainedSentence(withKl([Number.NaN, Number.NaN, Number.NaN]))).toBe(
    "Trained in 2 min 41 s. Held-out KL fell at no layer.",
  );
});

test("trainedSentence holds a closed form against the logit lens, which is all that there was before", () => {
  const fitted = { ...withKl([4, 2, 1]), settings: { ...settings, method: "none" as const } };
  expect(trainedSentence(fitted)).toBe(
    "Trained in 2 min 41 s. Held-out KL is below the logit lens’s at every layer.",
  );
});

test("trainedSentence says how a training ended that was not done", () => {
  expect(trainedSentence({ ...receipt, ended: "stopped", steps: 12, seconds: 64 })).toBe(
    "Stopped after 1 min 4 s, at step 12; the best lens is kept. Held-out KL fell at every layer.",
  );
  expect(trainedSentence({ ...receipt, ended: "diverged", steps: 41, seconds: 64 })).toBe(
    "It diverged at step 41, after 1 min 4 s; the best lens before that is kept. Held-out KL fell at every layer.",
  );
});

const saved = {
  model: receipt.model,
  isOfModel: true,
  text: { ...text, name: "opticks.txt" },
  settings,
  lens: "opticks",
  report,
  history: [],
  savedAt: "2026-11-24T11:49:00",
};

test("savedSentence says which training was cut off, and where", () => {
  expect(savedSentence(saved)).toBe(
    "A training of SmolLM2-135M-Instruct on opticks.txt, from 24 November at 11:49, was cut off at step 41 of 96.",
  );
  expect(savedSentence({ ...saved, report: null })).toMatch(/was cut off\.$/);
});

test("a saved training of another model asks for that model, and is in the way of the next", () => {
  expect(savedRemedy(saved, receipt.model)).toBeNull();
  expect(anewSentence(saved)).toBe("Train begins anew and discards the training that was cut off.");
  const ofOther = { ...saved, isOfModel: false };
  const theirs = receipt.model.sha256;
  const ours = "0".repeat(64);
  expect(savedRemedy(ofOther, { ...receipt.model, name: "tiny", sha256: ours })).toBe(
    `It is of another model, SmolLM2-135M-Instruct (sha256 ${theirs}); the one in use is tiny (sha256 ${ours}). Open that model’s files to go on with it.`,
  );
  expect(savedRemedy(ofOther, null)).toBe(
    `It is of another model, SmolLM2-135M-Instruct (sha256 ${theirs}). Open that model’s files to go on with it.`,
  );
  expect(anewSentence(ofOther)).toContain("discard the one that was cut off, then train.");
});
