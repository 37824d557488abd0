import { expect, test } from "vitest";

import type { TrainingReport } from "../trainingProtocol";
import { testingControl, testingKit, testingRun } from "./kitTesting";
import { mean, type Run, type RunState } from "./runState";
import { firstState, type Outcome, train } from "./train";

/** Trains to the end; a second passes with each run of the model and each read. */
async function trained(run: Run) {
  const reports: TrainingReport[] = [];
  let seconds = 0;
  const kit = testingKit(() => ++seconds);
  const control = testingControl({
    seconds: () => seconds,
    async onReport(report) {
      reports.push(report);
    },
  });
  const outcome = await train(kit, run, firstState(run), control);
  const measured = reports.filter(({ isMeasured }) => isMeasured);
  return { outcome, reports, measured };
}

test("a training reports the logit lens, its start, and a lens of a lower KL than both", async () => {
  const { outcome, measured } = await trained(testingRun({ steps: 48, learningRate: 3e-3 }));
  const { figures, report, ended } = outcome;
  expect(mean(figures.start)).toBeLessThan(mean(figures.logit));
  expect(mean(figures.lens)).toBeLessThan(mean(figures.start));
  expect(ended).toBe("done");
  expect(measured[0]).toMatchObject({ phase: "start", step: 0, positions: 0 });
  expect(measured[0].heldOutKl).toBe(measured[0].logitHeldOutKl);
  expect(report).toMatchObject({ phase: "done", step: 48, secondsLeft: 0, heldOutPositions: 48 });
  expect(report.positions).toBe(8 * 24 + 48 * 64);
});

test("its figures are of the same positions all along, and it says how long it will take", async () => {
  const { measured, reports } = await trained(testingRun({ steps: 48 }));
  const watched = measured.slice(0, -1);
  for (const { heldOutPositions, logitHeldOutKl } of watched) {
    expect(heldOutPositions).toBe(48);
    expect(logitHeldOutKl).toBe(measured[0].logitHeldOutKl);
  }
  const halfway = reports.find(({ step, isMeasured }) => step === 24 && !isMeasured);
  const end = reports[reports.length - 1].seconds;
  // The figures that are still to come are guessed.
  expect(halfway!.seconds + halfway!.secondsLeft!).toBeGreaterThan(0.7 * end);
  expect(halfway!.seconds + halfway!.secondsLeft!).toBeLessThan(1.3 * end);
});

test("there are eight figures on the way, whatever the clock says of what they take", async () => {
  const { measured } = await trained(testingRun({ steps: 48 }));
  const steps = measured.filter(({ phase }) => phase === "steps").map(({ step }) => step);
  expect(steps).toEqual([6, 12, 18, 24, 30, 36, 42, 48]);
});

test("a training that goes on at another speed keeps the same lens, of a step in the middle", async () => {
  // The cross entropy of few positions: the KL on others falls, then grows.
  const run = testingRun({
    ...{ steps: 60, start: "logit", loss: "crossEntropy", positionsPerStep: 40 },
    ...{ learningRate: 0.01, schedule: "falling", rates: "same" },
  });
  /** Trains from a state; a run of the model or a read takes so many seconds. */
  async function go(from: RunState, seconds: number, stopAt = Number.POSITIVE_INFINITY) {
    const aborted = new Error("enough");
    let clock = 0;
    let state: RunState | null = null;
    const kit = testingKit(() => {
      clock += seconds;
    });
    const control = testingControl({
      seconds: () => clock,
      async between(snapshot) {
        const now = await snapshot();
        if (now.progress.step < stopAt) return;
        state = structuredClone(now);
        throw aborted;
      },
    });
    const outcome = await train(kit, run, from, control).catch((error) => {
      if (error !== aborted) throw error;
      return null;
    });
    return { outcome, state: state as RunState | null };
  }
  const whole = (await go(firstState(run), 1)).outcome!;
  const { bestStep } = whole.progress;
  expect(bestStep).toBeGreaterThan(0);
  expect(bestStep).toBeLessThan(60);
  for (const [stopAt, seconds] of [
    [5, 1000],
    [20, 0.001],
    [41, 7],
  ]) {
    const { state } = await go(firstState(run), 1 / seconds, stopAt);
    const { outcome } = await go(state!, seconds);
    expect(outcome!.translators).toEqual(whole.translators);
    expect(outcome!.progress.bestStep).toBe(bestStep);
    expect(outcome!.figures).toEqual(whole.figures);
    const stepsOf = ({ progress }: Outcome) => progress.history.map(({ step }) => step);
    expect(stepsOf(outcome!)).toEqual(stepsOf(whole));
  }
});

test("steps that make it no better are said to, and the lens is of step 0", async () => {
  const { outcome } = await trained(
    testingRun({ steps: 4, method: "sgd", learningRate: 0.5, rates: "same" }),
  );
  expect(outcome).toMatchObject({
    ended: "done",
    notice: "The steps made it no better on held-out text; the lens is the closed form.",
    progress: { step: 4, bestStep: 0 },
  });
  expect(outcome.figures.lens).toEqual(outcome.figures.start);
  expect((await trained(testingRun({ steps: 48, learningRate: 3e-3 }))).outcome).toMatchObject({
    notice: null,
    progress: { bestStep: 48 },
  });
});

test("a closed form of a long text is solved once on its way", async () => {
  const run = testingRun({ method: "none" }, 400, 24);
  const { measured, outcome } = await trained(run);
  expect(measured.map(({ phase, positions }) => [phase, positions])).toEqual([
    ["start", 0],
    ["closedForm", 4608],
    ["closedForm", 9600],
    ["done", 9600],
  ]);
  expect(outcome.progress.step).toBe(0);
  expect(outcome.figures.lens).toEqual(outcome.figures.start);
});

test("layers that are not trained keep the start's translators", async () => {
  const run = { ...testingRun({ steps: 2, start: "logit", layers: [1] }), layers: [1] };
  const { outcome } = await trained(run);
  expect(outcome.translators[0]).toBe(null);
  expect(outcome.translators[1]?.weight.some((w) => w !== 0)).toBe(true);
  expect(outcome.report.heldOutKlByLayer).toHaveLength(1);
});

test("a learning rate that diverges ends the training, and the best lens before that is its result", async () => {
  const { outcome } = await trained(testingRun({ steps: 400, method: "sgd", learningRate: 1e4 }));
  expect(outcome.ended).toBe("diverged");
  expect(outcome.progress.divergedAt).toBeGreaterThan(0);
  expect(outcome.progress.divergedAt).toBeLessThan(4); // the losses tell, before any figures
  expect(outcome.notice).toContain(`diverged at step ${outcome.progress.divergedAt}`);
  expect(outcome.figures.lens.every(Number.isFinite)).toBe(true);
  expect(mean(outcome.figures.lens)).toBeLessThanOrEqual(mean(outcome.figures.start));
});

test("it diverges where half of the layers are far off, also where the logit lens of another is further", async () => {
  const run = testingRun({ steps: 48, learningRate: 1e6 });
  const from = firstState(run);
  const farOff = { ...from, progress: { ...from.progress, logit: [1e3, 1] } };
  const { progress, ended } = await train(testingKit(), run, farOff, testingControl());
  expect(ended).toBe("diverged");
  expect(progress.divergedAt).toBeLessThan(48);
});

test("where the clock is set, as many steps are planned as fit", async () => {
  const { outcome, measured } = await trained(testingRun({ steps: 1000, maxSeconds: 60 }));
  expect(outcome.ended).toBe("stopped");
  expect(outcome.progress.step).toBe(outcome.progress.steps);
  const steps = measured.filter(({ phase }) => phase === "steps");
  const { seconds } = steps[steps.length - 1];
  expect(seconds).toBeGreaterThan(50);
  expect(seconds).toBeLessThanOrEqual(62);
});

test("where the clock is short, the closed form is of the positions that it had time for", async () => {
  const { outcome } = await trained(testingRun({ steps: 1000, maxSeconds: 12 }, 80));
  expect(outcome.ended).toBe("stopped");
  expect(outcome.progress.taken).toBeLessThan(10);
  expect(mean(outcome.figures.start)).toBeLessThan(mean(outcome.figures.logit));
  expect(outcome.figures.positions).toBeLessThan(48);
});
