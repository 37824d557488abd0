import { expect, test, vi } from "vitest";

import { DownloadError, TrainingError } from "../errors";
import { lensNamed } from "./engineTesting";
import { app } from "./filesTesting";
import { holdTime, tick } from "./storeTesting";
import { reportAt, savedModel, savedRunOf, summaryNamed } from "./trainingTesting";
import { setupTraining } from "./trainStoreTesting";

holdTime();

test("train loads the model, prepares the text, and trains with the settings of the form", async () => {
  const { training, loads, texts, trainings, engine } = setupTraining();
  training().paste("Some text.");
  training().setSettings({ seed: 5 });
  void training().train();
  expect(training().run).toEqual({ status: "starting" });
  await tick();
  loads[0].resolve();
  await tick();
  texts[0].resolve(summaryNamed("pasted"));
  await tick();
  expect(engine.train).toHaveBeenCalledExactlyOnceWith(
    training().settings,
    "my text",
    app,
    expect.any(Function),
  );
  expect(training().run).toEqual({ status: "starting" });
  void trainings[0].report(reportAt(0));
  expect(training().run).toEqual({ status: "running" });
  expect(training().runText).toEqual(summaryNamed("pasted"));
  expect(training().runSettings?.seed).toBe(5);
});

test("the curves are of the reports that measured, and the last report is shown all the same", async () => {
  const { load, running, training } = setupTraining();
  await load();
  const { run } = await running();
  void run.report(reportAt(1, { isMeasured: false }));
  void run.report(reportAt(2));
  void run.report(reportAt(3, { isMeasured: false }));
  expect(training().history.map(({ step }) => step)).toEqual([0, 2]);
  expect(training().report?.step).toBe(3);
  run.end("my text");
  await tick();
  expect(training().history.map(({ step }) => step)).toEqual([0, 2, 4]);
  expect(training().report?.phase).toBe("done");
});

test("the last report is in the curves once, also where the engine has reported it", async () => {
  const { load, running, training } = setupTraining();
  await load();
  const { run } = await running();
  void run.report(reportAt(4));
  void run.report(reportAt(4, { phase: "done" }));
  run.end("my text");
  await tick();
  expect(training().history.map(({ phase }) => phase)).toEqual(["start", "steps", "done"]);
});

test("what a training says of how it is kept is shown while it holds, and not again once dismissed", async () => {
  const { load, running, training, engine } = setupTraining();
  await load();
  const { run } = await running();
  const full = { notice: "There is no room on this machine." };
  void run.report(reportAt(1, full));
  expect(training().notice).toBe(full.notice);
  engine.pauseTraining.mockRejectedValueOnce(new TrainingError("The disk is full."));
  await training().pause();
  expect(training().notice).toBe("The disk is full.");
  void run.report(reportAt(2, full));
  expect(training().notice).toBe("The disk is full."); // the report says nothing new
  await training().pause();
  await training().continueTraining();
  expect(training().notice).toBe(full.notice);
  training().dismiss();
  void run.report(reportAt(3, full));
  expect(training().notice).toBeNull();
});

test("a report that has nothing to say leaves what the visitor was told", async () => {
  const { load, running, training, engine } = setupTraining();
  await load();
  const { run } = await running();
  engine.pauseTraining.mockRejectedValueOnce(new TrainingError("The disk is full."));
  await training().pause();
  void run.report(reportAt(1));
  expect(training().notice).toBe("The disk is full.");
});

test("a training that is done leaves its receipt, and its lens is a choice", async () => {
  const { load, running, training, openHere, state } = setupTraining();
  await load();
  const { done, run } = await running();
  openHere(lensNamed("my text 2"));
  run.end("my text 2", { notice: "It was stopped." });
  expect((await done).lens).toBe("my text 2");
  expect(training()).toMatchObject({ lens: "my text 2", notice: "It was stopped." });
  expect(training()).toMatchObject({
    run: { status: "done" },
    receipt: { text: { name: "pasted" } },
  });
  expect(state().info?.lenses.map(({ name }) => name)).toContain("my text 2");
});

test("the lens is a choice while it grows, by the name that the engine gives it", async () => {
  const { load, begin, training, openHere, state } = setupTraining();
  await load();
  const { run } = await begin();
  openHere(lensNamed("another"), lensNamed("my text 2"));
  void run.report(reportAt(0));
  await tick();
  expect(training().lens).toBe("my text 2");
  expect(state().info?.lenses.map(({ name }) => name)).toContain("my text 2");
});

test("useLens chooses the trained lens", async () => {
  const { load, running, training, openHere, state } = setupTraining();
  await load();
  const { done, run } = await running();
  openHere(lensNamed("my text"));
  run.end("my text");
  await done;
  await training().useLens();
  expect(state()).toMatchObject({ lens: "tuned", lensNames: { tuned: "my text" } });
});

test("what the engine refuses is shown, and Train begins again", async () => {
  const { load, begin, training, engine, trainings } = setupTraining();
  await load();
  const { done, run } = await begin();
  engine.savedRun.mockResolvedValueOnce(savedRunOf(savedModel));
  run.reject(new TrainingError("Another tab trains."));
  await expect(done).rejects.toThrow("Another tab trains.");
  expect(training().run).toMatchObject({
    status: "failed",
    error: { message: "Another tab trains." },
  });
  await tick();
  expect(training().saved).not.toBeNull(); // what failed half-way is offered
  void training().train();
  await tick();
  expect(trainings).toHaveLength(2);
});

test("a model that does not arrive ends the training with its sentence", async () => {
  const { training, loads } = setupTraining();
  training().paste("Some text.");
  void training().train();
  await tick();
  loads[0].reject(new DownloadError("It did not arrive."));
  await tick();
  expect(training().run).toMatchObject({
    status: "failed",
    error: { message: "It did not arrive." },
  });
  training().dismiss();
  expect(training().run).toEqual({ status: "idle" });
});

test("settings that cannot be are refused before a text is prepared", async () => {
  const { load, training, texts } = setupTraining();
  await load();
  training().paste("Some text.");
  training().setSettings({ layers: [1] });
  await training().train();
  expect(training().run).toMatchObject({
    status: "failed",
    error: { message: "The training's layers name layer 1, and the model's are 0 … 0." },
  });
  expect(texts).toHaveLength(0);
});

test("a start from an open lens is from the one in use, unless another is named", async () => {
  const { load, training } = setupTraining();
  await load();
  training().setSettings({ start: "open" });
  expect(training().settings.startLens).toBe("closed form");
  training().setSettings({ startLens: "mine" });
  expect(training().settings.startLens).toBe("mine");
  training().setSettings({ start: "logit" });
  expect(training().settings.startLens).toBeNull();
});

test("a second training is refused to a script, and leaves the first as it is", async () => {
  const { load, running, training, engine } = setupTraining();
  await load();
  await running();
  await expect(training().trainOrThrow()).rejects.toThrow("A training is under way.");
  await training().train();
  await training().resume();
  expect(training().run).toEqual({ status: "running" });
  expect(engine.train).toHaveBeenCalledOnce();
});

// Pause and cancel.

test("pause waits until the training is saved, and continueTraining goes on", async () => {
  const { load, running, training, engine } = setupTraining();
  await load();
  await running();
  let saved = () => {};
  engine.pauseTraining.mockImplementation(
    () =>
      new Promise<void>((resolve) => {
        saved = resolve;
      }),
  );
  const paused = training().pause();
  expect(training().run).toEqual({ status: "pausing" });
  await training().pause();
  expect(engine.pauseTraining).toHaveBeenCalledOnce();
  saved();
  await paused;
  expect(training().run).toEqual({ status: "paused" });
  await training().continueTraining();
  expect(training().run).toEqual({ status: "running" });
  expect(engine.continueTraining).toHaveBeenCalledOnce();
});

test("a pause that cannot be is said, and the training goes on", async () => {
  const { load, running, training, engine } = setupTraining();
  await load();
  await running();
  engine.pauseTraining.mockRejectedValue(new TrainingError("The disk is full."));
  await training().pause();
  expect(training()).toMatchObject({ run: { status: "running" }, notice: "The disk is full." });
});

test("a training that ends while it is being paused is done", async () => {
  const { load, running, training, engine } = setupTraining();
  await load();
  const { run } = await running();
  let saved = () => {};
  engine.pauseTraining.mockImplementation(
    () =>
      new Promise<void>((resolve) => {
        saved = resolve;
      }),
  );
  const paused = training().pause();
  run.end("my text");
  await tick();
  saved();
  await paused;
  expect(training().run.status).toBe("done");
});

test("cancel keeps the lens where there is one, and goes back where there is none", async () => {
  const { load, running, training, engine } = setupTraining();
  await load();
  const first = await running();
  engine.cancelTraining.mockImplementationOnce(async () => first.run.end("my text"));
  await training().cancel();
  await tick();
  expect(training()).toMatchObject({ run: { status: "done" }, lens: "my text" });
  await running();
  const cancelled = training().cancel();
  expect(training().run).toEqual({ status: "cancelling" });
  await cancelled;
  await tick();
  expect(training().run).toEqual({ status: "idle" });
});

test("cancel before the engine trains lets go of the text, and nothing is trained", async () => {
  const { load, training, engine, texts } = setupTraining();
  await load();
  training().paste("Some text.");
  void training().train();
  await tick();
  expect(texts).toHaveLength(1);
  await training().cancel();
  await tick();
  expect(training()).toMatchObject({ run: { status: "idle" }, textStatus: { status: "idle" } });
  expect(engine.cancelText).toHaveBeenCalledOnce();
  expect(engine.train).not.toHaveBeenCalled();
});

test("a text that is changed while a training is about to begin ends that with a sentence", async () => {
  const { training, load, texts, engine } = setupTraining();
  await load();
  training().paste("Some text.");
  void training().train();
  await tick();
  training().paste("Another text.");
  texts[0].reject(new DOMException("Another text.", "AbortError"));
  await tick();
  expect(engine.train).not.toHaveBeenCalled();
  expect(training().run).toMatchObject({
    status: "failed",
    error: { name: "TrainingTextError", message: expect.stringContaining("was changed") },
  });
});

test("cancel while the model loads does not wait for it", async () => {
  const { training, loads, engine } = setupTraining();
  training().paste("Some text.");
  void training().train();
  await tick();
  await training().cancel();
  await tick();
  expect(training().run).toEqual({ status: "idle" });
  loads[0].resolve();
  await tick();
  expect(engine.train).not.toHaveBeenCalled();
});

// After a reload.

test("a saved training is offered once a model is loaded, or the page asks", async () => {
  const { load, training, engine } = setupTraining();
  const saved = savedRunOf(savedModel);
  engine.savedRun.mockResolvedValueOnce(null);
  await training().findSaved();
  expect(training().saved).toBeNull();
  expect(engine.load).not.toHaveBeenCalled();
  engine.savedRun.mockResolvedValueOnce(saved);
  await load();
  expect(training().saved).toBe(saved);
});

test("a saved training is gone on with on its own curves", async () => {
  const { load, training, engine, trainings } = setupTraining();
  engine.savedRun.mockResolvedValueOnce(savedRunOf(savedModel));
  await load();
  void training().resume();
  await tick();
  expect(training()).toMatchObject({
    run: { status: "starting" },
    runText: { name: "saved" },
    runSettings: { seed: 7 },
    report: { step: 2 },
  });
  void trainings[0].report(reportAt(3));
  expect(training().history.map(({ step }) => step)).toEqual([0, 1, 3]);
  expect(training()).toMatchObject({ run: { status: "running" }, saved: null });
});

test("the text of a saved training is the one in use then, unless the form has one", async () => {
  for (const pasted of ["", "Some text."]) {
    const { load, training, engine, trainings, texts } = setupTraining();
    engine.savedRun.mockResolvedValueOnce(savedRunOf(savedModel));
    await load();
    training().paste(pasted);
    void training().resume();
    await tick();
    trainings[0].end("sampled");
    await tick();
    expect(training().run.status).toBe("done");
    expect(training().textStatus.status).toBe(pasted === "" ? "ready" : "idle");
    expect(texts).toHaveLength(0);
  }
});

test("a saved training that is of another model stays until it is discarded", async () => {
  const { load, training, engine, trainings } = setupTraining();
  engine.savedRun.mockResolvedValue(savedRunOf(savedModel));
  await load();
  void training().resume();
  await tick();
  trainings[0].reject(new TrainingError("It is of another model."));
  await tick();
  expect(training().run).toMatchObject({ error: { message: "It is of another model." } });
  expect(training().saved).not.toBeNull();
  await training().discard();
  expect(training().saved).toBeNull();
  expect(engine.discardRun).toHaveBeenCalledOnce();
});

// Files.

test("trainElsewhere saves a zip named for the text, and says so", async () => {
  const click = vi.fn();
  const link = { href: "", download: "", click };
  vi.stubGlobal("document", { createElement: () => link });
  vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:x");
  const { load, training, texts } = setupTraining();
  await load();
  training().paste("Some text.");
  const done = training().trainElsewhere();
  await tick();
  texts[0].resolve(summaryNamed("pasted"));
  await done;
  expect(click).toHaveBeenCalledOnce();
  expect(link.download).toBe("train-my-text.zip");
  expect(training().elsewhere).toContain("Saved as train-my-text.zip.");
  expect(training().notice).toBeNull();
  vi.unstubAllGlobals();
});

test("trainElsewhere that cannot be says why", async () => {
  const { load, training, engine, texts } = setupTraining();
  await load();
  engine.trainElsewhere.mockRejectedValue(new TrainingError("This model has no name elsewhere."));
  training().paste("Some text.");
  const done = training().trainElsewhere();
  await tick();
  texts[0].resolve(summaryNamed("pasted"));
  await done;
  expect(training().elsewhere).toBe("This model has no name elsewhere.");
});

test("copyReceipt says whether the browser let it", async () => {
  const { load, running, training } = setupTraining();
  await load();
  const { done, run } = await running();
  run.end("my text");
  await done;
  const writeText = vi.fn(async (_text: string) => {});
  vi.stubGlobal("navigator", { clipboard: { writeText } });
  await training().copyReceipt();
  expect(JSON.parse(writeText.mock.calls[0][0])).toMatchObject({ ended: "done" });
  expect(training().notice).toBe("Receipt copied.");
  writeText.mockRejectedValue(new DOMException("no", "NotAllowedError"));
  await training().copyReceipt();
  expect(training().notice).toContain("does not let the page copy");
  vi.unstubAllGlobals();
});
