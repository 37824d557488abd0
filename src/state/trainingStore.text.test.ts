import { expect, test } from "vitest";

import { TrainingTextError } from "../errors";
import { corpora } from "./corpora";
import { other } from "./engineTesting";
import { holdTime, pass, tick } from "./storeTesting";
import { estimate, reportAt, summaryNamed } from "./trainingTesting";
import { estimatePauseMs, setupTraining, textPauseMs } from "./trainStoreTesting";

holdTime();

test("a pasted text is prepared in a pause, once, where the model is loaded", async () => {
  const { load, training, texts } = setupTraining();
  await load();
  training().paste("So");
  await pass(textPauseMs - 1);
  training().paste("Some text.");
  await pass(textPauseMs - 1);
  expect(texts).toHaveLength(0);
  await pass(1);
  expect(texts.map(({ source }) => source)).toEqual([
    { kind: "text", name: "pasted", text: "Some text." },
  ]);
  texts[0].report({ done: 5, all: 10, unit: "bytes" });
  expect(training().textStatus).toEqual({
    status: "preparing",
    progress: { done: 5, all: 10, unit: "bytes" },
  });
  const summary = summaryNamed("pasted");
  texts[0].resolve(summary);
  await tick();
  expect(training().textStatus).toEqual({ status: "ready", summary });
});

test("a pasted text waits for the model, and loads none by itself", async () => {
  const { load, training, engine, texts } = setupTraining();
  training().paste("Some text.");
  await pass(10 * textPauseMs);
  expect(engine.load).not.toHaveBeenCalled();
  expect(training().textStatus).toEqual({ status: "idle" });
  await load();
  await pass(textPauseMs);
  expect(texts).toHaveLength(1);
});

test("a pasted text is no part of the state, whatever its length", () => {
  const { training } = setupTraining();
  training().paste("x".repeat(1e7));
  expect(training().text.pastedLength).toBe(1e7);
  expect(JSON.stringify(training()).length).toBeLessThan(2000);
});

test("a text that changes while it is prepared is prepared anew once the engine has let go of it", async () => {
  const { load, training, engine, texts } = setupTraining();
  await load();
  training().paste("one");
  await pass(textPauseMs);
  let isLetGo = () => {};
  engine.cancelText.mockImplementation(
    () =>
      new Promise<void>((resolve) => {
        isLetGo = resolve;
      }),
  );
  training().paste("two");
  expect(training().textStatus).toEqual({ status: "idle" });
  await pass(textPauseMs);
  expect(texts).toHaveLength(1);
  texts[0].resolve(summaryNamed("too late"));
  isLetGo();
  await tick();
  expect(texts[1].source).toMatchObject({ text: "two" });
  expect(training().textStatus.status).toBe("preparing");
});

test("what the model writes is prepared when asked for alone", async () => {
  const { load, training, texts } = setupTraining();
  await load();
  training().setText({ choice: "sample", corpus: corpora[0].id });
  await pass(10 * textPauseMs);
  expect(texts).toHaveLength(0);
  const done = training().prepare();
  await tick();
  expect(texts[0].source).toEqual({ kind: "sample", ...training().text.sample });
  texts[0].resolve(summaryNamed("sampled"));
  expect(await done).toEqual(summaryNamed("sampled"));
});

test("prepare loads the model, and asks the engine once however often it is called", async () => {
  const { training, loads, texts } = setupTraining();
  training().setText({ choice: "file", files: [new File(["a"], "a.txt")] });
  const both = [training().prepare(), training().prepare()];
  await tick();
  loads[0].resolve();
  await tick();
  expect(texts).toHaveLength(1);
  expect(texts[0].source).toMatchObject({ kind: "files", files: [{ name: "a.txt" }] });
  texts[0].resolve(summaryNamed("a"));
  expect(await Promise.all(both)).toEqual([summaryNamed("a"), summaryNamed("a")]);
  await training().prepare();
  expect(texts).toHaveLength(1);
});

test("prepare of nothing says that there is no text, before anything is loaded", async () => {
  const { training, engine } = setupTraining();
  for (const choice of ["paste", "file", "corpus"] as const) {
    training().setText({ choice });
    await expect(training().prepare()).rejects.toThrow(TrainingTextError);
    expect(training().textStatus).toMatchObject({ status: "failed" });
  }
  expect(engine.load).not.toHaveBeenCalled();
});

test("what the engine refuses of a text is shown until the text changes", async () => {
  const { load, training, texts } = setupTraining();
  await load();
  training().paste("x");
  await pass(textPauseMs);
  texts[0].reject(new TrainingTextError("The text is too short."));
  await tick();
  expect(training().textStatus).toMatchObject({
    status: "failed",
    error: { message: "The text is too short." },
  });
  training().paste("xy");
  expect(training().textStatus).toEqual({ status: "idle" });
});

test("cancelText ends the preparation, and what is ready stays", async () => {
  const { load, training, engine, texts } = setupTraining();
  await load();
  training().paste("Some text.");
  const done = training().prepare();
  done.catch(() => {});
  await tick();
  training().cancelText();
  await expect(done).rejects.toMatchObject({ name: "AbortError" });
  expect(training().textStatus).toEqual({ status: "idle" });
  expect(engine.cancelText).toHaveBeenCalledOnce();
  const again = training().prepare();
  await tick();
  texts[1].resolve(summaryNamed("pasted"));
  await again;
  training().cancelText();
  expect(training().textStatus.status).toBe("ready");
});

test("fields of a choice that is not made leave what is prepared", async () => {
  const { begin, load, training, texts } = setupTraining();
  await load();
  await begin();
  training().setText({ corpus: "x", sample: { positions: 10, temperature: 1, seed: 1 } });
  expect(training().textStatus.status).toBe("ready");
  training().setTextOptions({ heldOut: 10 });
  expect(training().textStatus.status).toBe("idle");
  await pass(textPauseMs); // a training is under way: it has the machine
  expect(texts).toHaveLength(1);
});

test("another model needs the text to be prepared for it", async () => {
  const { load, training, models, replace, texts } = setupTraining();
  await load();
  training().paste("Some text.");
  await pass(textPauseMs);
  texts[0].resolve(summaryNamed("pasted"));
  await tick();
  const done = replace();
  models[0].resolve(other);
  await done;
  expect(training().textStatus).toEqual({ status: "idle" });
  await pass(textPauseMs);
  expect(texts).toHaveLength(2);
});

// What it would take.

test("the estimate is asked for once the text is ready, and anew in a pause where settings change", async () => {
  const { load, training, estimates, texts } = setupTraining();
  await load();
  training().setSettings({ steps: 3 });
  await pass(estimatePauseMs);
  expect(estimates).toHaveLength(0);
  training().paste("Some text.");
  await pass(textPauseMs);
  texts[0].resolve(summaryNamed("pasted"));
  await pass(estimatePauseMs);
  expect(estimates[0].settings).toBe(training().settings);
  estimates[0].resolve(estimate);
  await tick();
  expect(training().estimate).toBe(estimate);
  training().setSettings({ steps: 1 });
  training().setSettings({ steps: 12 });
  expect(training().estimate).toBeNull();
  await pass(estimatePauseMs);
  expect(estimates.map(({ settings }) => settings.steps)).toEqual([3, 12]);
});

test("an estimate that was overtaken is not shown, and the next question waits for it", async () => {
  const { load, training, estimates, texts } = setupTraining();
  await load();
  training().paste("Some text.");
  await pass(textPauseMs);
  texts[0].resolve(summaryNamed("pasted"));
  await pass(estimatePauseMs);
  for (const steps of [1, 2]) {
    training().setSettings({ steps });
    await pass(estimatePauseMs);
  }
  expect(estimates).toHaveLength(1);
  estimates[0].resolve(estimate);
  await tick();
  expect(training().estimate).toBeNull();
  expect(estimates.slice(1).map(({ settings }) => settings.steps)).toEqual([2]);
  estimates[1].resolve(estimate);
  await tick();
  expect(estimates).toHaveLength(2); // nobody waits for the one in between
});

test("no estimate is asked for while a training runs, nor of settings that cannot be", async () => {
  const { load, running, training, estimates } = setupTraining();
  await load();
  const { run } = await running();
  training().setSettings({ seed: 3 });
  await pass(estimatePauseMs);
  expect(estimates).toHaveLength(0);
  await run.report(reportAt(1));
  run.end("my text");
  await pass(estimatePauseMs);
  expect(estimates).toHaveLength(1);
  estimates[0].resolve(estimate);
  training().setSettings({ learningRate: Number.NaN });
  await pass(estimatePauseMs);
  expect(estimates).toHaveLength(1);
});
