import { describe, expect, test, vi } from "vitest";

import { DeviceLostError, TrainingError } from "../../errors";
import type { TrainingReport } from "../trainingProtocol";
import { type Checkpoint, createCheckpoint } from "./checkpoint";
import { drive, type WithKit } from "./drive";
import { asideError } from "./kept";
import { memoryStore, testingKit, testingRun } from "./kitTesting";
import { mean, type Run, type RunState } from "./runState";
import { firstState } from "./train";

const aside = new TrainingError("The training was set aside.");
const ignore = () => {};

type Driving = {
  readonly run?: Run;
  readonly from?: RunState;
  readonly checkpoint?: Checkpoint | null;
  /** Before each run of the model, each read and each step of the optimiser, which it counts from 1. */
  readonly onWork?: (count: number) => void;
  readonly now?: () => number;
};

/** Drives a training of the small model; `reports` are those so far. */
function start({ run = shortRun, from, checkpoint = null, onWork = ignore, now }: Driving) {
  const reports: TrainingReport[] = [];
  let works = 0;
  const work = () => onWork(++works);
  const kit = testingKit(work);
  const { openTrainer } = kit.backend;
  kit.backend.openTrainer = async (options) => {
    const trainer = await openTrainer(options);
    return {
      ...trainer,
      step(rate) {
        work();
        return trainer.step(rate);
      },
    };
  };
  const withKit: WithKit = async (task, signal) => {
    await null; // `driven` is there before the first work
    return task(kit, false, signal);
  };
  const on = {
    report: (report: TrainingReport) => {
      reports.push(report);
    },
    lens: ignore,
  };
  const driven = drive(run, from ?? firstState(run), checkpoint, withKit, on, now ?? (() => 0));
  return { driven, reports, works: () => works };
}

/** Eight steps of two pools; adam, averaged, at rates by layer. */
const shortRun = testingRun({ steps: 8, positionsPerStep: 7, learningRate: 3e-3 }, 3, 12);

function begun(run = shortRun, store = memoryStore()) {
  const checkpoint = createCheckpoint(store);
  checkpoint.begin(run);
  return { store, checkpoint };
}

/** A disk that has no room while `isFull`. */
function fullStore(isFull = () => true) {
  const store = memoryStore();
  return {
    ...store,
    async write(name: string, parts: readonly Uint8Array[]) {
      if (isFull()) throw new DOMException("The disk is full.", "QuotaExceededError");
      await store.write(name, parts);
    },
  };
}

/** Goes on from what lies in the store, as another page would. */
async function resume(store: ReturnType<typeof memoryStore>) {
  const checkpoint = createCheckpoint(store);
  const found = await checkpoint.find();
  const { run, state } = await found!.read();
  return start({ run, from: state, checkpoint }).driven.done;
}

describe("a training that was interrupted", () => {
  const variants = {
    "adam, averaged, at rates by layer": shortRun,
    "muon on a subset, steps longer than a sequence": testingRun(
      { steps: 4, method: "muon", subset: { likeliest: 8, others: 8 }, positionsPerStep: 17 },
      ...([3, 12] as const),
    ),
    "sgd of the cross entropy, from the logit lens": testingRun(
      {
        ...{ steps: 4, method: "sgd", start: "logit", loss: "crossEntropy", learningRate: 0.01 },
        positionsPerStep: 20,
      },
      ...([9, 8] as const),
    ),
  };
  test.each(Object.entries(variants))(
    "goes on to the same bits, wherever that was: %s",
    async (_, run) => {
      const all = start({ run, checkpoint: begun(run).checkpoint });
      const whole = await all.driven.done;
      expect(whole.ended).toBe("done");
      const steps = new Set<number>();
      for (let work = 1; work <= all.works(); ++work) {
        const { store, checkpoint } = begun(run);
        const { driven } = start({
          run,
          checkpoint,
          onWork: (count) => {
            if (count === work) void driven.setAside(() => aside);
          },
        });
        const end = await driven.done.catch((error) => error);
        const saved = await createCheckpoint(store).find();
        if (saved) steps.add(saved.progress.step);
        // In the last block there is no place to be interrupted at.
        const { translators, figures, report } = end === aside ? await resume(store) : end;
        expect(translators, `block ${work}`).toEqual(whole.translators);
        expect(figures).toEqual(whole.figures);
        expect(report).toEqual(whole.report);
      }
      // Between any two steps, in the middle of a pool too.
      expect(steps.size).toBe(run.settings.steps! + 1);
    },
  );

  test("goes on from the state before, where the newest was cut off", async () => {
    const slowly = (checkpoint: Checkpoint, onWork: (count: number) => void) => {
      let clock = 0;
      const work = (count: number) => {
        clock += 20_000; // so long that each block is saved
        onWork(count);
      };
      return start({ checkpoint, now: () => clock, onWork: work });
    };
    const all = slowly(begun().checkpoint, ignore);
    const whole = await all.driven.done;
    const { store, checkpoint } = begun();
    const { driven } = slowly(checkpoint, (count) => {
      if (count === all.works() - 8) void driven.setAside(() => aside);
    });
    await expect(driven.done).rejects.toBe(aside);
    const before = await createCheckpoint(store).find();
    for (const name of ["a-state-0.safetensors", "a-state-1.safetensors"]) {
      const torn = memoryStore();
      for (const [file, blob] of store.files)
        torn.files.set(file, file === name ? blob.slice(0, blob.size - 8) : blob);
      const found = await createCheckpoint(torn).find();
      expect(found!.progress.step).toBeLessThanOrEqual(before!.progress.step);
      expect((await resume(torn)).translators).toEqual(whole.translators);
    }
  });

  test("goes on from its last save where the GPU is lost", async () => {
    const { checkpoint, store } = begun();
    let works = 0;
    let clock = 0;
    let before = 0;
    let lostAt: { step: number } | null = null;
    const kit = testingKit(() => {
      clock += 20_000;
      if (++works !== 14) return;
      throw new DeviceLostError("The GPU was lost.");
    });
    const withKit: WithKit = async (task, signal) => {
      try {
        return await task(kit, true, signal);
      } catch (error) {
        if (!(error instanceof DeviceLostError)) throw error;
        before = reports.length;
        lostAt = (await createCheckpoint(store).find())!.progress;
        return task(kit, false, signal);
      }
    };
    const reports: TrainingReport[] = [];
    const on = { report: (report: TrainingReport) => void reports.push(report), lens: ignore };
    const driven = drive(shortRun, firstState(shortRun), checkpoint, withKit, on, () => clock);
    const whole = await start({}).driven.done;
    expect((await driven.done).translators).toEqual(whole.translators);
    expect(works).toBeGreaterThan(14);
    const { step } = lostAt!;
    const said = `The GPU was lost: the training went on from step ${step} with the processor.`;
    expect(driven.notice()).toBe(said);
    expect(reports.map(({ notice }) => notice)).toEqual([
      ...Array(before).fill(null),
      ...Array(reports.length - before).fill(said),
    ]);
    // The logit lens was measured before, and is not measured again.
    expect(reports.filter(({ phase }) => phase === "start")).toHaveLength(1);
  });
});

test.each([
  [1, "began anew"],
  [8, "went on in its closed form"],
])(
  "a GPU that is lost at block %i, before the first step, is said to be: it %s",
  async (at, said) => {
    let works = 0;
    let clock = 0;
    const kit = testingKit(() => {
      clock += 20_000;
      if (++works === at) throw new DeviceLostError("The GPU was lost.");
    });
    const withKit: WithKit = (task, signal) =>
      task(kit, true, signal).catch(() => task(kit, true, signal));
    const on = { report: ignore, lens: ignore };
    const { checkpoint } = begun();
    const driven = drive(shortRun, firstState(shortRun), checkpoint, withKit, on, () => clock);
    await driven.done;
    expect(driven.notice()).toBe(`The GPU was lost: the training ${said} with a new one.`);
  },
);

test("pause() halts it, and the time does not count, until it goes on", async () => {
  const { checkpoint } = begun();
  let clock = 0;
  const { driven, works, reports } = start({ checkpoint, now: () => clock });
  await driven.pause();
  const before = works();
  clock += 60_000;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(works()).toBe(before);
  driven.continue();
  await driven.done;
  expect(works()).toBeGreaterThan(before);
  expect(reports[reports.length - 1].seconds).toBe(0);
});

test("pause() says where it halts, which is what is saved, however fast the steps are", async () => {
  const halted = new Set<number>();
  for (const work of [12, 14, 16]) {
    const { store, checkpoint } = await begun();
    const pausing: Promise<void>[] = [];
    const onWork = (count: number) => {
      if (count === work) pausing.push(driven.pause());
    };
    const { driven, reports } = start({ checkpoint, onWork });
    await vi.waitFor(() => expect(pausing).toHaveLength(1));
    await pausing[0];
    const { step } = reports[reports.length - 1];
    const saved = await createCheckpoint(store).find();
    expect(saved!.progress.step).toBe(step);
    expect(saved!.progress.report!.step).toBe(step);
    halted.add(step);
    driven.continue();
    await driven.done;
  }
  expect(halted.size).toBeGreaterThan(1);
});

test("cancel() ends it with the best lens so far", async () => {
  const run = testingRun({ steps: 40, learningRate: 3e-3 });
  const { driven, reports } = start({
    run,
    onWork: () => {
      if (reports.some(({ step, isMeasured }) => step > 9 && isMeasured)) driven.cancel();
    },
  });
  const { ended, figures, progress, report } = await driven.done;
  expect(ended).toBe("stopped");
  expect(report).toMatchObject({ phase: "done", heldOutPositions: 48 });
  expect(progress.step).toBeLessThan(40);
  expect(mean(figures.lens)).toBeLessThan(mean(figures.start));
});

test("cancel() of a paused training ends it too", async () => {
  const { driven, reports } = start({
    onWork: () => {
      if (reports.some(({ step }) => step > 2)) void driven.pause().then(driven.cancel);
    },
  });
  expect((await driven.done).ended).toBe("stopped");
});

test("cancel() of a training that goes on, before its model has run, keeps the lens that was saved", async () => {
  const { store, checkpoint } = begun();
  const paused = start({
    checkpoint,
    onWork: (count) => void (count === 30 && paused.driven.setAside(() => aside)),
  });
  await expect(paused.driven.done).rejects.toBe(aside);
  const found = await createCheckpoint(store).find();
  const { run, state } = await found!.read();
  const again = start({ run, from: state, onWork: () => again.driven.cancel() });
  const { translators, ended } = await again.driven.done;
  expect(again.works()).toBe(1);
  expect(ended).toBe("stopped");
  expect(translators.slice(0, 2)).toEqual(state.learnt.best);
});

test("cancel() before there is a lens rejects with an AbortError", async () => {
  const { driven } = start({ onWork: () => driven.cancel() });
  await expect(driven.done).rejects.toMatchObject({ name: "AbortError" });
});

test("where the disk is full, the training goes on and says what that means", async () => {
  const full = begun(shortRun, fullStore()).checkpoint;
  let clock = 0;
  const onWork = () => {
    clock += 20_000;
  };
  const { driven, reports } = start({ checkpoint: full, onWork, now: () => clock });
  const { ended, report } = await driven.done;
  expect(ended).toBe("done");
  expect(driven.notice()).toContain("There is no room on this machine");
  const known = reports.findIndex(({ notice }) => notice === driven.notice());
  expect(reports[known].phase).toBe("start"); // from the next report on
  for (const { notice } of reports.slice(known)) expect(notice).toBe(driven.notice());
  expect(report.notice).toBe(driven.notice());
});

test("a pause that finds the disk full says so at once, with the figures that are known", async () => {
  const full = begun(shortRun, fullStore()).checkpoint;
  let paused: Promise<void> | null = null;
  const { driven, reports } = start({
    checkpoint: full,
    onWork: () => {
      if (reports.length > 0) paused ??= driven.pause();
    },
  });
  await vi.waitFor(() => expect(paused).not.toBeNull());
  expect(reports[0].notice).toBeNull();
  await paused;
  const [before, last] = reports.slice(-2);
  expect(last).toEqual({ ...before, isMeasured: false, notice: driven.notice() });
  expect(last.notice).toContain("There is no room on this machine");
  expect(last.isSaved).toBe(false);
  driven.continue();
  await driven.done;
});

test("a report says that the training is saved where it halts and is, and nowhere else", async () => {
  let isFull = false;
  const { checkpoint } = begun(
    shortRun,
    fullStore(() => isFull),
  );
  const halts: (() => void)[] = [];
  const { driven, reports } = start({
    checkpoint,
    onWork: () => {
      if (reports.length > 0) halts.shift()?.();
    },
  });
  const halted = async () => {
    await new Promise<void>((resolve) => halts.push(() => void driven.pause().then(resolve)));
    return reports[reports.length - 1];
  };
  const heard = await halted();
  expect(heard).toMatchObject({ isSaved: true, isMeasured: false, notice: null });
  const before = reports.length;
  isFull = true;
  const again = halted();
  driven.continue();
  expect(await again).toMatchObject({ isSaved: false, isMeasured: false });
  expect(driven.notice()).toContain("loses what came since it was last saved");
  isFull = false;
  const last = halted();
  driven.continue();
  expect((await last).isSaved).toBe(true);
  const all = reports.length;
  driven.continue();
  await driven.done;
  const others = [...reports.slice(0, before - 1), ...reports.slice(all)];
  for (const { isSaved } of others) expect(isSaved).toBe(false);
});

test("where the page has no files of its own, each report says so", async () => {
  const { driven, reports } = start({});
  await driven.done;
  for (const { notice } of reports) expect(notice).toContain("This browser keeps no files");
});

test("a save that failed is tried again at the next pause", async () => {
  let isFull = true;
  const { store, checkpoint } = begun(
    shortRun,
    fullStore(() => isFull),
  );
  const { driven } = start({ checkpoint });
  await driven.pause();
  expect(driven.notice()).toContain("There is no room on this machine");
  expect(await createCheckpoint(store).find()).toBe(null);
  driven.continue();
  isFull = false;
  await driven.pause();
  expect(driven.notice()).toBe(null);
  expect(await createCheckpoint(store).find()).not.toBe(null);
  isFull = true;
  driven.continue();
  await driven.pause();
  expect(driven.notice()).toContain("loses what came since it was last saved");
  driven.cancel();
  await driven.done.catch(ignore);
});

test("a pause that is ended before the block under way is over resolves", async () => {
  const { driven } = start({ checkpoint: begun().checkpoint });
  const paused = driven.pause();
  driven.continue();
  let isOver = false;
  void driven.done.then(() => {
    isOver = true;
  });
  await paused;
  expect(isOver).toBe(false);
  await driven.done;
});

test("continue() does not undo that it is set aside", async () => {
  const { store, checkpoint } = begun();
  const { driven } = start({ checkpoint });
  void driven.setAside(asideError);
  driven.continue();
  await expect(driven.done).rejects.toThrow("It can go on when the model is back.");
  expect(await createCheckpoint(store).find()).not.toBe(null);
});

test("setAside() says why it could not be kept", async () => {
  const [full, none] = [begun(shortRun, fullStore()).checkpoint, null];
  for (const [checkpoint, why] of [
    [full, "There is no room"] as const,
    [none, "keeps no files"] as const,
  ]) {
    const { driven } = start({ checkpoint });
    void driven.setAside(asideError);
    await expect(driven.done).rejects.toThrow(why);
  }
});

test("what is known of a run's figures stands in each report", async () => {
  const run = { ...shortRun, notice: "It may know the text." };
  const { driven, reports } = start({ run, checkpoint: begun(run).checkpoint });
  await driven.done;
  for (const { notice } of reports) expect(notice).toBe("It may know the text.");
});

test("saves take 5 % of the time at most", async () => {
  const store = memoryStore();
  let clock = 0;
  let saves = 0;
  const slow = {
    ...store,
    async write(name: string, parts: readonly Uint8Array[]) {
      if (name.includes("state")) ++saves;
      clock += 10_000;
      await store.write(name, parts);
    },
  };
  const run = testingRun({ steps: 60 }, 8, 12);
  const onWork = () => {
    clock += 10_000;
  };
  const { checkpoint } = begun(run, slow);
  const { driven, works } = start({ run, checkpoint, onWork, now: () => clock });
  await driven.done;
  expect(saves).toBeGreaterThan(1);
  expect(saves).toBeLessThanOrEqual(1 + works() / 20);
});
