import { expect, test } from "vitest";

import { TrainingError } from "../errors";
import { info, lensNamed, other } from "./engineTesting";
import { holdTime, pass, tick } from "./storeTesting";
import { reportAt, savedRunOf, summaryNamed } from "./trainingTesting";
import { estimatePauseMs, setupTraining, textPauseMs } from "./trainStoreTesting";

holdTime();

/** A page with a trained lens and its receipt. */
async function trained() {
  const page = setupTraining();
  await page.load();
  const { done, run } = await page.running();
  page.openHere(lensNamed("my text"));
  run.end("my text");
  await done;
  const { receipt, lens, runText, runSettings, runModel, runMachine, report, history } =
    page.training();
  const shown = { receipt, lens, runText, runSettings, runModel, runMachine, report, history };
  return { ...page, shown };
}

test("a run keeps the model and the machine that it began on, whatever is opened meanwhile", async () => {
  const { load, running, training, replace, models } = setupTraining();
  await load();
  await running();
  const done = replace();
  models[0].resolve(other);
  await done;
  expect(training().runModel).toEqual(info.model);
  expect(training().runMachine).toEqual({ backend: "wasm", threads: 2 });
});

test("a receipt stays until the next run has a report", async () => {
  const { begin, training, shown } = await trained();
  expect(shown.receipt).not.toBeNull();
  const { run } = await begin();
  expect(training()).toMatchObject({ run: { status: "starting" }, ...shown });
  void run.report(reportAt(0));
  expect(training()).toMatchObject({ receipt: null, lens: null, report: { step: 0 } });
  expect(training().history).toHaveLength(1);
});

test("a run that is refused, or cancelled before its first report, takes no receipt away", async () => {
  const { begin, training, shown } = await trained();
  const refused = await begin();
  refused.run.reject(new TrainingError("Another tab trains."));
  await tick();
  expect(training()).toMatchObject({ run: { status: "failed" }, ...shown });
  await begin();
  await training().cancel();
  await tick();
  expect(training()).toMatchObject({ run: { status: "idle" }, ...shown });
});

test("a run that ends without a report has its own receipt all the same", async () => {
  const { begin, training } = await trained();
  const { done, run } = await begin();
  run.end("my text 2");
  await done;
  expect(training().lens).toBe("my text 2");
  expect(training().history.map(({ phase }) => phase)).toEqual(["done"]);
});

test("a run that is cancelled before there is a lens says so, and nothing of it is left", async () => {
  const { load, running, training } = setupTraining();
  await load();
  await running();
  await training().cancel();
  await tick();
  expect(training()).toMatchObject({
    run: { status: "idle" },
    notice: "Cancelled before there was a lens.",
    runText: null,
    runSettings: null,
    report: null,
    history: [],
  });
});

test("a cancelled training waits for no script that looks at its report", async () => {
  const { load, training, texts, trainings } = setupTraining();
  await load();
  training().paste("Some text.");
  training()
    .trainOrThrow(null, () => new Promise(() => {}))
    .catch(() => {});
  await tick();
  texts[0].resolve(summaryNamed("pasted"));
  await tick();
  const reported = trainings[0].report(reportAt(0));
  await training().cancel();
  await reported;
});

test("receiptOf has the receipt of an open lens, whichever was trained last", async () => {
  const { engine, training, shown } = await trained();
  const older = { training: shown.receipt!, isGiven: false };
  engine.receipt.mockImplementation(async (lens) => (lens === "older" ? older : null));
  expect(await training().receiptOf("older")).toEqual(older);
  expect(await training().receiptOf("a file's")).toBeNull();
});

// A run that goes on.

test("the form has the settings of the run that goes on", async () => {
  const { load, training, engine } = setupTraining();
  engine.savedRun.mockResolvedValueOnce(savedRunOf(info.model));
  await load();
  void training().resume();
  await tick();
  expect(training().settings).toEqual(savedRunOf(info.model).settings);
});

test("nothing is estimated of a text that is not the form's", async () => {
  const { load, training, engine, trainings, estimates } = setupTraining();
  engine.savedRun.mockResolvedValueOnce(savedRunOf(info.model));
  await load();
  void training().resume();
  await tick();
  trainings[0].end("saved");
  await pass(estimatePauseMs);
  expect(training().textStatus.status).toBe("ready"); // for an evaluation
  expect(estimates).toHaveLength(0);
});

// What a script gives.

test("a text that is given stands in the paste field, and a long one is a file", async () => {
  const { load, training, texts } = setupTraining();
  await load();
  training().setText({ choice: "sample" });
  training().give("Some text.");
  expect(training().text).toMatchObject({ choice: "paste", pastedLength: 10 });
  expect(training().pasted()).toBe("Some text.");
  await pass(textPauseMs);
  expect(texts.map(({ source }) => source)).toMatchObject([{ kind: "text", text: "Some text." }]);
  training().give("x".repeat(200_001));
  expect(training().text).toMatchObject({ choice: "file", files: [{ name: "pasted.txt" }] });
  expect(training().pasted()).toBe("Some text."); // what a field takes seconds to lay out
});
