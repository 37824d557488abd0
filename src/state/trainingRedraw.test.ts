import { expect, test } from "vitest";

import { lensNamed } from "./engineTesting";
import { shownOnPage } from "./readingStore";
import { holdTime, pass, tick, typingMs } from "./storeTesting";
import { reportAt } from "./trainingTesting";
import { setupTraining } from "./trainStoreTesting";

holdTime();

/** A page that trains, and has read its example with the lens in training. */
async function drawn() {
  const page = setupTraining();
  const { ready, begin, openHere, state, reads } = page;
  await ready();
  const { done, run } = await begin();
  openHere(lensNamed("my text"));
  await run.report(reportAt(0));
  await tick();
  void shownOnPage(state().choose("tuned", "my text"));
  await tick();
  reads[0].resolve();
  await tick();
  reads.length = 0;
  return { ...page, done, run };
}

test("a measured report reads anew what is on screen with the lens in training, and nothing beside it", async () => {
  const { run, reads, state, asked } = await drawn();
  const before = state().reading;
  await run.report(reportAt(1));
  await tick();
  expect(asked()).toEqual(["example, my text"]);
  expect(state().reading).toBe(before); // until the new one is whole
  reads[0].resolve();
  await pass(1000);
  expect(state().reading).not.toBe(before);
  expect(state()).toMatchObject({ lens: "tuned", progress: { status: "idle" } });
  expect(state().logit).not.toBeNull(); // it does not grow
  expect(reads).toHaveLength(1);
});

test("a report that measured nothing draws nothing", async () => {
  const { run, reads } = await drawn();
  await run.report(reportAt(1, { isMeasured: false }));
  await tick();
  expect(reads).toHaveLength(0);
});

test("a reading with another lens stays as it is", async () => {
  const { run, reads, state } = await drawn();
  await state().choose("logit");
  await run.report(reportAt(1));
  await tick();
  expect(reads).toHaveLength(0);
  void shownOnPage(state().choose("tuned", "my text")); // which has grown since it was read with
  await tick();
  expect(reads).toHaveLength(1);
});

test("a second drawing waits for the first, and the last of those that wait is drawn", async () => {
  const { run, reads } = await drawn();
  for (const step of [1, 2, 3]) {
    await run.report(reportAt(step));
    await tick();
  }
  expect(reads).toHaveLength(1);
  reads[0].resolve();
  await tick();
  expect(reads).toHaveLength(2);
  reads[1].resolve();
  await tick();
  expect(reads).toHaveLength(2);
});

test("a training does not wait for the drawing", async () => {
  const { run, reads } = await drawn();
  await run.report(reportAt(1));
  await run.report(reportAt(2));
  await tick();
  expect(reads).toHaveLength(1);
});

test("what the visitor types is read to its end, and drawn anew after it", async () => {
  const { run, reads, state, asked } = await drawn();
  state().edit("typed");
  await pass(typingMs);
  await run.report(reportAt(1));
  await tick();
  expect(asked()).toEqual(["typed, my text"]);
  reads[0].resolve();
  await tick();
  expect(state().reading?.prompt).toBe("typed");
  expect(asked()).toEqual(["typed, my text", "typed, logit"]); // beside it, which is not cut short either
  state().edit("typed on");
  await pass(typingMs);
  reads[2].resolve();
  await tick();
  reads[3].resolve();
  await tick();
  expect(asked().slice(2)).toEqual(["typed on, my text", "typed on, logit", "typed on, my text"]);
  expect(state().prompt).toBe("typed on");
});

test("typing ends a drawing, and the box is as the visitor left it", async () => {
  const { run, reads, state, asked } = await drawn();
  await run.report(reportAt(1));
  await tick();
  state().edit("typed");
  await pass(typingMs);
  expect(asked()).toEqual(["example, my text", "typed, my text"]);
  reads[1].resolve();
  await tick();
  expect(state()).toMatchObject({ prompt: "typed", reading: { prompt: "typed" } });
});

test("the reading is drawn anew with the lens as it is in the end", async () => {
  const { done, run, reads } = await drawn();
  run.end("my text");
  await done;
  await tick();
  expect(reads).toHaveLength(1);
});

test("a reading that came from a file is not read here", async () => {
  const { run, reads, state } = await drawn();
  const [reading] = await state().readings();
  state().show([{ ...reading, backend: "recorded" }], { kind: "file", name: "saved.json" });
  await run.report(reportAt(1));
  await pass(1000);
  expect(reads).toHaveLength(0);
});
