import { expect, test } from "vitest";

import { PromptError } from "../errors";
import { holdTime, pass, recorded, setup, tick } from "./storeTesting";

holdTime();

test("read with the tuned lens asks for the logit lens's reading at once, and shows it as it comes", async () => {
  const { state, reads, readAlone } = setup();
  await readAlone();
  expect(state()).toMatchObject({ reading: { lens: { kind: "tuned" } }, logit: null });
  await tick();
  expect(reads[1].request).toEqual({ ...reads[0].request, lens: "logit" });
  expect(state().progress.status).toBe("idle"); // nobody waits for it
  const part = reads[1].reading(1);
  reads[1].partial(part);
  expect(state().logit).toBe(part);
  reads[1].resolve();
  await tick();
  expect(state()).toMatchObject({ lens: "tuned", reading: { lens: { kind: "tuned" } } });
  expect(state().logit).toMatchObject({ lens: { kind: "logit" }, progress: { done: 14 } });
  reads[1].partial(part);
  expect(state().logit?.progress.done).toBe(14);
});

test("read with the logit lens is its own logit reading", async () => {
  const { state, loads, reads, press } = setup();
  await press({ lens: "logit" });
  loads[0].resolve();
  await tick();
  reads[0].resolve();
  await pass(1000);
  expect(reads).toHaveLength(1);
  expect(state().logit).toBe(state().reading);
});

test("logit stays while the same cells are read anew, and is dropped for other tokens", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  const { logit } = state();
  await press({ topK: 3 });
  reads[0].partial(reads[0].reading(1));
  expect(state().reading).toMatchObject({ topK: { k: 3 }, progress: { done: 7 } });
  expect(state().logit).toBe(logit);
  reads[0].resolve();
  await tick();
  expect(state().logit).toBe(logit);
  await press({ prompt: "other" });
  expect(state().logit).toBe(logit); // as the reading on screen
  reads.at(-1)?.partial(reads.at(-1)!.reading(1));
  expect(state()).toMatchObject({ reading: { prompt: "other" }, logit: null });
  reads.at(-1)?.resolve();
  await tick();
  expect(state().logit).toBeNull();
});

test("a logit reading of what is no longer on screen is dropped", async () => {
  const { state, reads, readAlone, press } = setup();
  await readAlone();
  await tick();
  await press({ prompt: "other" });
  reads[1].partial(reads[1].reading(1));
  reads[2].resolve();
  await tick();
  expect(state()).toMatchObject({ reading: { prompt: "other" }, logit: null });
});

test("a logit reading that comes after a file was opened is dropped", async () => {
  const { state, reads, readAlone } = setup();
  await readAlone();
  await tick();
  state().show(recorded("example", "tuned"), { kind: "file", name: "a.json" });
  reads[1].resolve();
  await tick();
  expect(state()).toMatchObject({ logit: null, source: { kind: "file" } });
});

test("the logit lens's reading still comes after a read that failed has gone back to its own", async () => {
  const { state, reads, readAlone, press } = setup();
  await readAlone();
  await press({ prompt: "too long" });
  reads[1].reject(new PromptError("The prompt is too long."));
  await tick();
  expect(state().reading).toMatchObject({ prompt: "example", lens: { kind: "tuned" } });
  await pass(1000);
  reads.at(-1)?.resolve();
  await tick();
  expect(state().logit).toMatchObject({ prompt: "example", lens: { kind: "logit" } });
});

test("the logit lens's reading still comes after a read was cancelled", async () => {
  const { state, reads, readAlone, press, asked } = setup();
  await readAlone();
  await press({ prompt: "next" });
  state().cancel();
  await pass(1000);
  expect(asked()).toEqual(["example, tuned", "next, tuned", "example, logit"]);
  reads.at(-1)?.resolve();
  await tick();
  expect(state()).toMatchObject({
    progress: { status: "cancelled" },
    reading: { prompt: "example", lens: { kind: "tuned" } },
    logit: { prompt: "example", lens: { kind: "logit" } },
  });
});

test("the logit lens's reading still comes after the box was emptied", async () => {
  const { state, reads, readAlone } = setup();
  await readAlone();
  await tick();
  state().edit("");
  await pass(1000);
  reads.at(-1)?.resolve();
  await tick();
  expect(state().logit).toMatchObject({ prompt: "example", lens: { kind: "logit" } });
});

test("readings gives the lens in use, then the logit lens, which it waits for", async () => {
  const { state, reads, readAlone } = setup();
  expect(await state().readings()).toEqual([]);
  await readAlone();
  const readings = state().readings();
  await tick();
  expect(reads).toHaveLength(2); // at once, and no second time when its turn comes
  await pass(1000);
  expect(reads).toHaveLength(2);
  reads[1].resolve();
  expect((await readings).map(({ lens }) => lens.kind)).toEqual(["tuned", "logit"]);
  await state().choose("logit");
  expect((await state().readings()).map(({ lens }) => lens.kind)).toEqual(["logit"]);
});

test("readings gives none while the reading is not whole", async () => {
  const { state, loads, reads, press } = setup();
  await press();
  loads[0].resolve();
  await tick();
  reads[0].partial(reads[0].reading(1));
  expect(state().reading).not.toBeNull();
  expect(await state().readings()).toEqual([]);
});

test("readings gives what there is where the logit lens's was overtaken", async () => {
  const { state, reads, readAlone, press } = setup();
  await readAlone();
  const readings = state().readings();
  await tick();
  reads[1].partial(reads[1].reading(1));
  await press({ prompt: "other" });
  expect((await readings).map(({ lens }) => lens.kind)).toEqual(["tuned"]);
});

// Typing.
