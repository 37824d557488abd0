import { expect, test } from "vitest";

import { openBatches, poolOf } from "./batches";
import { testingControl, testingKit, testingRun, testingUnembed } from "./kitTesting";
import type { Run } from "./runState";
import { firstState } from "./train";
import { openUnderway } from "./underway";

const length = 6;
const runOf = (sequences: number, positionsPerStep: number, seed = 0) =>
  testingRun({ positionsPerStep, seed }, sequences, length);

/** The batches of a run, with the rows of the pool that each was taken from. */
async function open(run: Run) {
  const kit = testingKit();
  const taken: number[][] = [];
  const pools: number[][] = [];
  const openPool: typeof kit.backend.openPool = (rows) => {
    const pool = kit.backend.openPool(rows);
    return {
      ...pool,
      put(start, sequence) {
        if (start === 0) pools.push([]);
        pools[pools.length - 1].push(start);
        pool.put(start, sequence);
      },
      take(wanted) {
        taken.push([...wanted]);
        return pool.take(wanted);
      },
    };
  };
  const recorded = { ...kit, backend: { ...kit.backend, openPool } };
  const first = firstState(run);
  const measured = { ...first, progress: { ...first.progress, logit: [1, 1] } };
  const batches = openBatches(await openUnderway(recorded, run, measured, testingControl()));
  return {
    /** The starts of the sequences that were put into each pool. */
    pools,
    sample: batches.sample,
    /** Each batch of the steps: what it holds, and the rows. */
    async take(from: number, to: number) {
      const steps = [];
      for (let step = from; step < to; ++step) {
        for await (const { sequence, share } of batches.of(step)) {
          const { hidden, targets } = sequence;
          const states = hidden.map((one) => one.slice());
          steps.push({ step, share, states, targets, rows: taken[taken.length - 1] });
        }
      }
      return steps;
    },
  };
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
const sorted = (rows: readonly number[]) => rows.toSorted((a, b) => a - b);
const sequencesIn = (rows: readonly number[]) =>
  new Set(rows.map((row) => Math.floor(row / length))).size;

test("poolOf() a text is eight of its sequences, or as many as there are, however long the steps", () => {
  expect(poolOf(runOf(20, 3))).toEqual({ sequences: 8, rows: 48 });
  expect(poolOf(runOf(20, 2 ** 18))).toEqual({ sequences: 8, rows: 48 });
  expect(poolOf(runOf(2, 20))).toEqual({ sequences: 2, rows: 12 });
});

test("every position of a pool is in one step, and steps are mixed of its sequences", async () => {
  const batches = await open(runOf(20, 6));
  const steps = await batches.take(0, 16);
  expect(batches.pools).toEqual([0, 1].map(() => upTo(8).map((i) => i * length)));
  expect(steps.map(({ share }) => share)).toEqual(steps.map(() => 1));
  const [first, second] = [steps.slice(0, 8), steps.slice(8)];
  for (const pool of [first, second]) {
    expect(sorted(pool.flatMap(({ rows }) => rows))).toEqual(upTo(48));
    expect(Math.min(...pool.map(({ rows }) => sequencesIn(rows)))).toBeGreaterThan(2);
  }
  expect(first.map(({ rows }) => rows)).not.toEqual(second.map(({ rows }) => rows));
});

test("a step has the states of its rows, and the next tokens of them", async () => {
  const run = runOf(3, 9);
  const [{ states, targets, rows }] = await (await open(run)).take(0, 1);
  // Each of three sequences is in the pool once: their last positions have no next token.
  const ends = rows.filter((row) => row % length === length - 1);
  expect([...targets].filter((id) => id === -1)).toHaveLength(ends.length);
  const { unembedding, vocab, dModel } = testingUnembed;
  const embeddings = upTo(vocab).map(
    (id) => `${unembedding.subarray(id * dModel, (id + 1) * dModel)}`,
  );
  const ids = rows.map((_, i) =>
    embeddings.indexOf(`${states[0].subarray(i * dModel, (i + 1) * dModel)}`),
  );
  const follows = new Set(
    run.text.train.flatMap((one) => [...one].map((id, i) => `${id} ${one[i + 1] ?? -1}`)),
  );
  for (const [i, id] of ids.entries()) expect(follows).toContain(`${id} ${targets[i]}`);
});

test("steps that do not divide a pool go on in the next, and leave nothing out", async () => {
  const batches = await open(runOf(20, 5));
  const steps = await batches.take(0, 19);
  expect(batches.pools).toHaveLength(2);
  const pools = [steps.slice(0, 10), steps.slice(10)]; // step 9 is of both
  expect(pools.map(([first]) => first.step)).toEqual([0, 9]);
  expect(sorted(pools[0].flatMap(({ rows }) => rows))).toEqual(upTo(48));
  expect(steps.filter(({ step }) => step === 9).map(({ share }) => share)).toEqual([3 / 5, 2 / 5]);
});

test("steps longer than a pool, and than what is computed at once, come in parts, a pool at a time", async () => {
  const long = 50; // 400 positions a pool
  const run = testingRun({ positionsPerStep: 1000 }, 20, long);
  const batches = await open(run);
  const steps = await batches.take(0, 2);
  expect(batches.pools).toHaveLength(5);
  const counts = [256, 144, 256, 144, 200, 200, 256, 144, 256, 144];
  expect(steps.map(({ step, rows }) => [step, rows.length])).toEqual(
    counts.map((count, i) => [i < 5 ? 0 : 1, count]),
  );
  for (const pool of [0, 1].map((i) => steps.slice(2 * i, 2 * i + 2)))
    expect(sorted(pool.flatMap(({ rows }) => rows))).toEqual(upTo(400));
  expect(steps.slice(0, 5).map(({ share }) => share)).toEqual(
    counts.slice(0, 5).map((count) => count / 1000),
  );
});

test("a step of three pools' positions has the gradient of all of them at once", async () => {
  const run = runOf(24, 3 * 48);
  const kit = testingKit();
  const { dModel } = testingUnembed;
  const zero = () => ({
    weight: new Float32Array(dModel * dModel),
    bias: new Float32Array(dModel),
  });
  const openTrainer = () =>
    kit.backend.openTrainer({
      translators: [zero(), zero()],
      layers: [0, 1],
      scales: run.layers.map(() => ({ weight: 1, bias: 1 })),
      settings: {
        ...run.settings,
        method: "sgd",
        weightDecay: 0,
        schedule: "falling",
      },
    });

  const first = firstState(run);
  const measured = { ...first, progress: { ...first.progress, logit: [1, 1] } };
  const batches = openBatches(await openUnderway(kit, run, measured, testingControl()));
  const ours = await openTrainer();
  for await (const { sequence, share } of batches.of(0))
    await ours.accumulate(sequence, "kl", null, share);
  const norm = await ours.step(0.1);

  const pool = kit.backend.openPool(24 * length);
  const prompt = kit.open();
  for (const [i, ids] of run.text.train.entries()) {
    await prompt.follow([...ids]);
    const targets = new Int32Array(length);
    pool.put(i * length, { hidden: prompt.hidden, positions: length, targets });
  }
  const theirs = await openTrainer();
  const all = pool.take(Int32Array.from(upTo(24 * length)));
  await theirs.accumulate(all, "kl", null, 1);
  expect(norm).toBeCloseTo(await theirs.step(0.1), 12); // float64, summed in another order
  const [mine, other] = [await ours.translators(), await theirs.translators()];
  for (const [i, { weight }] of mine.entries())
    weight.forEach((w, at) => expect(w).toBeCloseTo(other[i].weight[at], 7));
});

test("sample() is of some positions of the pool, mixed, or of all that there are", async () => {
  const batches = await open(runOf(20, 6));
  expect((await batches.sample(10)).positions).toBe(10);
  expect((await batches.sample(64)).positions).toBe(48);
});

test("steps in the middle of a pool are the same where the training begins with them", async () => {
  const run = runOf(20, 5); // step 9 begins in the first pool and ends in the second
  const whole = await (await open(run)).take(0, 26);
  for (const from of [1, 9, 10, 17]) {
    const resumed = await (await open(run)).take(from, 26);
    expect(resumed, `step ${from}`).toEqual(whole.filter(({ step }) => step >= from));
  }
  const other = await (await open(runOf(20, 5, 1))).take(0, 26);
  expect(other.map(({ rows }) => rows)).not.toEqual(whole.map(({ rows }) => rows));
});
