import { expect, test } from "vitest";

import type { LoadProgress } from "../engine/protocol";
import { FormatError, PromptError, ReadingFileError } from "../errors";
import type { Reading } from "../lens/reading";
import { lensNamed, other } from "./engineTesting";
import { holdTime, later, pass, recorded, setup, tick } from "./storeTesting";

holdTime();

const damaged = new FormatError("This model's weights are cut off.");

/** A page that has read its example, and is opening another model. */
async function opening() {
  const page = setup();
  await page.ready();
  const before = page.state();
  void page.replace();
  await tick();
  return { ...page, before };
}

test("replaceModel shows how far it is, while what is on screen stays", async () => {
  const { state, models, before } = await opening();
  expect(state().progress).toEqual({ status: "loading", load: null });
  const load: LoadProgress = { status: "preparing", name: "other" };
  models[0].report(load);
  expect(state()).toEqual({ ...before, progress: { status: "loading", load } });
});

test("replaceModel takes what was read away, and the lenses of the model before", async () => {
  const page = setup();
  const { state, models, reads, ready } = page;
  await ready();
  const { reading } = state();
  if (reading) state().drew(reading);
  const done = page.replace();
  await tick();
  models[0].resolve(other);
  await done;
  expect(state()).toMatchObject({
    info: other,
    lens: "logit",
    lensNames: {},
    prompt: "example",
    progress: { status: "idle" },
    reading: null,
    logit: null,
    drawn: null,
    elapsedMs: null,
  });
  await pass(1000);
  expect(reads).toHaveLength(0);
  expect(await state().readings()).toEqual([]);
  await page.press();
  state().cancel();
  expect(state()).toMatchObject({ reading: null, progress: { status: "cancelled" } });
});

test("replaceModel keeps the kind of lens that is in use where the new model has one", async () => {
  const { state, models, press, reads } = await opening();
  models[0].resolve({ ...other, lenses: [lensNamed("theirs")] });
  await tick();
  expect(state()).toMatchObject({ lens: "tuned", lensNames: {} });
  await press();
  reads[0].resolve();
  await tick();
  expect(state().reading).toMatchObject({ model: other.model, lens: { name: "theirs" } });
});

test("replaceModel that is refused rejects, and leaves model, reading and lenses in use", async () => {
  const page = setup();
  const { state, models, reads, ready } = page;
  await ready();
  const before = state();
  const done = page.replace();
  await tick();
  models[0].reject(damaged);
  await expect(done).rejects.toBe(damaged);
  expect(state()).toEqual(before);
  await state().choose("logit"); // its reading is still known
  expect(state().reading).toMatchObject({ lens: { kind: "logit" } });
  expect(reads).toHaveLength(0);
});

test("replaceModel that is refused leaves a file on screen, one that is taken does not", async () => {
  for (const [isTaken, isShown] of [
    [false, true],
    [true, false],
  ]) {
    const page = setup();
    const { state, models } = page;
    await page.ready();
    state().show(recorded("filed", "tuned"), { kind: "file", name: "a.json" });
    void page.replace();
    await tick();
    if (isTaken) models[0].resolve(other);
    else models[0].reject(damaged);
    await tick();
    expect(state().source.kind).toBe(isShown ? "file" : "live");
    expect(state().reading?.prompt).toBe(isShown ? "filed" : undefined);
  }
});

test("replaceModel takes a refusal away, and what was to be shown before does not come", async () => {
  const page = setup();
  const { state, models } = page;
  await page.ready();
  state().refuse(new ReadingFileError("it is an empty list"));
  const { promise, resolve } = later<Reading[]>();
  const brought = state().bring(promise, { kind: "recorded" });
  void page.replace();
  expect(state().refusal).toBeNull();
  await tick();
  models[0].resolve(other);
  await tick();
  resolve(recorded("brought", "tuned"));
  expect(await brought).toBe(false);
});

test("a read that is under way when a model is opened is not shown", async () => {
  for (const isTaken of [true, false]) {
    const page = setup();
    const { state, models, reads, press } = page;
    await page.ready();
    const { reading } = await press({ prompt: "under way" });
    void page.replace();
    await tick();
    if (isTaken) models[0].resolve(other);
    else models[0].reject(damaged);
    reads[0].resolve();
    await expect(reading).rejects.toMatchObject({ name: "AbortError" });
    expect(state().reading?.prompt).toBe(isTaken ? undefined : "example");
    expect(state().progress.status).toBe("idle");
  }
});

test("a bug in opening a model reaches the caller and leaves the page usable", async () => {
  const page = setup();
  const { state, models, press, asked } = page;
  await page.ready();
  const done = page.replace();
  await tick();
  models[0].reject(new TypeError("x is not a function"));
  await expect(done).rejects.toThrow(TypeError);
  expect(state().progress.status).toBe("idle");
  await press({ prompt: "next" });
  expect(asked()).toEqual(["next, tuned"]);
});

test("a failed read stays failed no longer than until a model is opened", async () => {
  const page = setup();
  const { state, models, reads, press } = page;
  await page.ready();
  await press({ prompt: "too long" });
  reads[0].reject(new PromptError("The prompt is too long."));
  await tick();
  void page.replace();
  await tick();
  models[0].resolve(other);
  await tick();
  expect(state().progress.status).toBe("idle");
  await state().retry();
  expect(reads).toHaveLength(1);
});
