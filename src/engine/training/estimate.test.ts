import { expect, test } from "vitest";

import { defaultSettings } from "../../lens/trainingDefaults";
import type { TrainingSettings } from "../../lens/trainingSettings";
import type { WithKit } from "./drive";
import { createMachine } from "./estimate";
import { testingKit, testingRun } from "./kitTesting";
import { unknownPace } from "./pace";

const { model, text } = testingRun({}, 20, 24);
const settings = { ...defaultSettings, subset: null };

/** A machine, how often it ran the model, and what of its kits is still open. */
function opened(isGpu = () => false) {
  let works = 0;
  let left = 0;
  const kit = testingKit(() => ++works);
  const counted = <T extends { dispose(): void }>(one: T): T => {
    ++left;
    return Object.assign(Object.create(one), {
      dispose() {
        --left;
        one.dispose();
      },
    });
  };
  const { backend } = kit;
  const watched = {
    open: () => counted(kit.open()),
    backend: {
      ...backend,
      openMoments: (layers: readonly number[]) => counted(backend.openMoments(layers)),
      openTrainer: backend.openTrainer,
    },
  };
  const machine = createMachine();
  const withKit: WithKit = (task, signal) => task(watched, isGpu(), signal);
  const estimate = (more: Partial<TrainingSettings> = {}) =>
    machine.estimate(withKit, model, text, { ...settings, ...more });
  return { machine, estimate, watched, works: () => works, left: () => left };
}

test("a machine is measured once for what the steps read, and again on another backend", async () => {
  let isGpu = false;
  const { machine, estimate, works, left } = opened(() => isGpu);
  expect(machine.pace(model, settings, text)).toEqual(unknownPace);
  await estimate();
  const measured = works();
  expect(measured).toBeGreaterThan(0);
  await estimate({ steps: 7, learningRate: 1 });
  expect(works()).toBe(measured);
  expect(machine.pace(model, settings, text).step).toBeGreaterThan(0);
  isGpu = true;
  await estimate();
  expect(works()).toBe(2 * measured);
  await estimate({ method: "muon" });
  expect(works()).toBe(3 * measured);
  expect(left()).toBe(0);
});

test("two estimates at once measure once", async () => {
  const { estimate, works } = opened();
  const [one, other] = await Promise.all([estimate(), estimate()]);
  expect(other).toEqual(one);
  const together = works();
  await opened().estimate();
  const alone = opened();
  await alone.estimate();
  expect(together).toBe(alone.works());
});

test("where a part cannot be opened, those that were are let go", async () => {
  const { estimate, watched, left } = opened();
  watched.backend.openTrainer = async () => {
    throw new Error("no room");
  };
  await expect(estimate()).rejects.toThrow("no room");
  expect(left()).toBe(0);
});

test("an estimate is the sum of its parts, and the clock ends what it ends", async () => {
  const { estimate } = opened();
  const { steps, totalSeconds, ...parts } = await estimate();
  expect(steps).toBe(8); // 480 positions, 64 a step
  const { closedFormSeconds, stepSeconds, evaluationSeconds } = parts;
  const sum = closedFormSeconds + steps * stepSeconds + evaluationSeconds;
  expect(totalSeconds).toBeGreaterThan(sum); // there are figures on the way
  const cut = await estimate({ maxSeconds: 1e-9 });
  expect(cut.totalSeconds).toBeCloseTo(cut.evaluationSeconds, 8);
});

// 2 layers of 12 × 12 + 12 in float32, states of 3 layers.
const lens = 4 * 2 * 12 * 13;
const states = (positions: number) => 4 * 3 * 12 * positions;

test("memory holds the state and a copy of it that is saved, gradients, a pool and what is watched", async () => {
  const watchedAndPool = states(2 * 24) + states(8 * 24);
  // Adam's parameters, two states, average; the start and the best.
  const kept = 6 * lens;
  const { memoryBytes } = await opened().estimate();
  expect(memoryBytes).toBe(2 * kept + 3 * lens + watchedAndPool);
  const onGpu = await opened(() => true).estimate();
  expect(onGpu.memoryBytes).toBe(2 * kept + lens + watchedAndPool);
  const longer = await opened().estimate({ positionsPerStep: 2 ** 18 });
  expect(longer.memoryBytes).toBe(memoryBytes);
});

test("storage holds two states and the run: ids, text, and the lens that it starts from", async () => {
  const { storageBytes } = await opened().estimate();
  expect(storageBytes).toBe(2 * 6 * lens + 4 * 22 * 24);
  const open = await opened().estimate({ start: "open" });
  expect(open.storageBytes).toBe(2 * 6 * lens + 4 * 22 * 24 + lens);
});
