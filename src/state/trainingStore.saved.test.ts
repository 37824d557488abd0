import { expect, test } from "vitest";

import type { SavedRun } from "../engine/trainingProtocol";
import { TrainingError } from "../errors";
import { holdTime, later, tick } from "./storeTesting";
import { savedModel, savedRunOf, summaryNamed } from "./trainingTesting";
import { setupTraining } from "./trainStoreTesting";

holdTime();

const saved = savedRunOf(savedModel);

/** A page whose model is loaded and whose text is ready: Train would begin at once. */
async function ready() {
  const page = setupTraining();
  await page.load();
  page.training().paste("Some text.");
  void page.training().prepare();
  await tick();
  page.texts[0].resolve(summaryNamed("pasted"));
  await tick();
  return page;
}

test("train begins nothing where another tab has left a training, shows it, and begins when pressed again", async () => {
  const { training, engine } = await ready();
  engine.savedRun.mockResolvedValue(saved);
  await training().train();
  expect(engine.train).not.toHaveBeenCalled();
  expect(training()).toMatchObject({
    saved,
    run: {
      status: "failed",
      error: { name: "TrainingError", message: expect.stringContaining("has not begun") },
    },
  });
  void training().train();
  await tick();
  expect(engine.train).toHaveBeenCalledOnce();
});

test("train begins nothing where a tab has left a training while the text was prepared", async () => {
  const { load, training, texts, engine } = setupTraining();
  await load();
  training().setText({ choice: "sample" });
  const done = training().train();
  await tick();
  engine.savedRun.mockResolvedValue(saved);
  texts[0].resolve(summaryNamed("sampled"));
  await done;
  expect(engine.train).not.toHaveBeenCalled();
  expect(training()).toMatchObject({ saved, run: { status: "failed" } });
  expect(training().textStatus.status).toBe("ready"); // it is not written again
});

test("a saved training that another tab has gone on with since is shown anew before it is replaced", async () => {
  const { training, engine } = await ready();
  engine.savedRun.mockResolvedValue(saved);
  await training().findSaved();
  const later = { ...saved, savedAt: "2026-01-01T01:00:00.000Z" };
  engine.savedRun.mockResolvedValue(later);
  await training().train();
  expect(engine.train).not.toHaveBeenCalled();
  expect(training().saved).toBe(later);
});

test("train replaces a saved training that the page has shown, and one that is gone is no longer shown", async () => {
  for (const now of [saved, null]) {
    const { training, engine } = await ready();
    engine.savedRun.mockResolvedValueOnce(saved);
    await training().findSaved();
    engine.savedRun.mockResolvedValue(now);
    void training().train();
    await tick();
    expect(engine.train).toHaveBeenCalledOnce();
    expect(training().saved).toBe(now);
  }
});

test("a script's training replaces a saved one, shown or not", async () => {
  const { training, engine } = await ready();
  engine.savedRun.mockResolvedValue(saved);
  training()
    .trainOrThrow()
    .catch(() => {});
  await tick();
  expect(engine.train).toHaveBeenCalledOnce();
});

test("what was found before a saved training was discarded does not bring it back", async () => {
  const { training, engine } = await ready();
  const found = later<SavedRun | null>();
  engine.savedRun.mockReturnValueOnce(found.promise);
  const looked = training().findSaved();
  await training().discard();
  found.resolve(saved);
  await looked;
  expect(training().saved).toBeNull();
});

test("discard takes back the refusal to begin beside what is discarded", async () => {
  const { running, load, training, engine } = setupTraining();
  await load();
  const { run } = await running();
  run.reject(new TrainingError("The disk is full."));
  await tick();
  expect(training().run.status).toBe("failed");
  await training().discard();
  expect(training().run).toEqual({ status: "idle" });
  expect(engine.discardRun).toHaveBeenCalledOnce();
});
