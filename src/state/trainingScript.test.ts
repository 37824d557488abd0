import { expect, test, vi } from "vitest";

import type { TrainingReport } from "../engine/trainingProtocol";
import { TrainingError } from "../errors";
import { lensNamed } from "./engineTesting";
import { createEvaluationStore } from "./evaluationStore";
import { app } from "./filesTesting";
import { createTrainingScript } from "./trainingScript";
import { evaluationOf, reportAt, summaryNamed } from "./trainingTesting";
import { longestPaste } from "./trainingText";
import { setupTraining } from "./trainStoreTesting";

/** A page whose model loads at once, and whose texts are ready at once. */
function setup() {
  const page = setupTraining();
  const { engine, store, trainingStore } = page;
  engine.load.mockImplementation(() => engine.info());
  engine.prepareText.mockImplementation(async ({ kind }) => summaryNamed(kind));
  const evaluation = createEvaluationStore(engine, store, trainingStore, app, (act) => act());
  const script = createTrainingScript(store, trainingStore, evaluation);
  return { ...page, ...script, evaluation };
}

type Page = ReturnType<typeof setup>;

/** The engine's training, once it has begun. */
const begun = ({ trainings }: Page) =>
  vi.waitFor(() => {
    expect(trainings).toHaveLength(1);
    return trainings[0];
  });

/** Every promise that is settled is heard. */
const heard = () => new Promise((resolve) => setTimeout(resolve, 0));

test("train gives its reports one by one, and its lens is then open and in use", async () => {
  const page = setup();
  const { train, training, openHere, state, engine } = page;
  await state().load();
  await state().choose("tuned", "closed form");
  void begun(page).then(async ({ report, end }) => {
    openHere(lensNamed("mine"));
    for (const step of [0, 1, 2]) await report(reportAt(step));
    end("mine");
  });
  const steps: number[] = [];
  for await (const { step } of train({ text: "Some text.", name: "mine", seed: 3 })) {
    steps.push(step);
    expect(training().report?.step).toBe(step); // the page shows the same
  }
  expect(steps).toEqual([0, 1, 2]);
  expect(engine.train.mock.calls[0].slice(0, 2)).toEqual([training().settings, "mine"]);
  expect(training()).toMatchObject({
    settings: { seed: 3 },
    text: { choice: "paste", pastedLength: 10 },
    run: { status: "done" },
  });
  expect(state().nameInUse()).toBe("mine");
});

test("a training begins when train is called, whoever asks for its reports and when", async () => {
  const page = setup();
  const reports = page.train({ text: "Some text." });
  const { report, end } = await begun(page);
  void report(reportAt(0)).then(() => end("my text"));
  await heard();
  expect((await reports.next()).value).toEqual(reportAt(0));
  expect(await reports.next()).toEqual({ done: true, value: undefined });
});

test("a text of a script is the one that the form shows", async () => {
  const page = setup();
  page.train({ text: "Some text." });
  await begun(page);
  expect(page.training().pasted()).toBe("Some text.");
});

test.each([
  ["Some text.", { kind: "text", name: "pasted" }],
  ["x".repeat(longestPaste + 1), { kind: "files", files: [{ name: "pasted" }] }],
])("a text and its lens have the same names however long the text is", async (text, source) => {
  const page = setup();
  page.train({ text });
  await begun(page);
  expect(page.engine.prepareText.mock.calls[0][0]).toMatchObject(source);
  expect(page.engine.train.mock.calls[0][1]).toBe("my text");
});

test("a training waits while its report is looked at", async () => {
  const page = setup();
  const reports = page.train({ text: "Some text." })[Symbol.asyncIterator]();
  const first = reports.next();
  const { report, end } = await begun(page);
  let isGoingOn = false;
  void report(reportAt(0)).then(() => {
    isGoingOn = true;
  });
  expect((await first).value).toEqual(reportAt(0));
  await heard();
  expect(isGoingOn).toBe(false);
  const last = reports.next();
  await heard();
  expect(isGoingOn).toBe(true);
  end("my text");
  expect(await last).toEqual({ done: true, value: undefined });
});

test("leaving the loop cancels the training before it goes on", async () => {
  const page = setup();
  const { engine, training } = page;
  const log: string[] = [];
  engine.cancelTraining.mockImplementation(async () => void log.push("cancelled"));
  void begun(page).then(async ({ report, end }) => {
    await report(reportAt(0));
    log.push("gone on");
    end("my text");
  });
  for await (const _ of page.train({ text: "Some text." })) break;
  expect(log).toEqual(["cancelled", "gone on"]);
  expect(training()).toMatchObject({ run: { status: "done" }, lens: "my text" });
});

test("what a loop throws cancels the training too", async () => {
  const page = setup();
  void begun(page).then(({ report }) => report(reportAt(0)));
  const loop = async () => {
    for await (const _ of page.train({ text: "Some text." })) throw new Error("mine");
  };
  await expect(loop()).rejects.toThrow("mine");
  expect(page.engine.cancelTraining).toHaveBeenCalledOnce();
  expect(page.training().run).toEqual({ status: "idle" });
});

test("train rejects with the sentence that the page shows, named as its kind", async () => {
  const page = setup();
  void begun(page).then(async ({ report, reject }) => {
    await report(reportAt(0));
    reject(new TrainingError("The disk is full."));
  });
  const seen: TrainingReport[] = [];
  const loop = async () => {
    for await (const report of page.train({ text: "Some text." })) seen.push(report);
  };
  const refusal = { name: "TrainingError", message: "The disk is full." };
  await expect(loop()).rejects.toMatchObject(refusal);
  expect(seen).toHaveLength(1);
  expect(page.training().run).toMatchObject({ status: "failed", error: refusal });
  expect(page.engine.cancelTraining).not.toHaveBeenCalled();
});

test("bad options are refused before anything is loaded, and leave the form as it is", async () => {
  const { train, training, engine } = setup();
  const before = training();
  const bad = { text: "Some text.", steps: -1 };
  await expect(train(bad).next()).rejects.toMatchObject({
    name: "TrainingError",
    message: "The training's steps is not a whole number from 1.",
  });
  expect(engine.load).not.toHaveBeenCalled();
  expect(training()).toBe(before);
});

test("a second training is refused, and leaves the form as it is", async () => {
  const page = setup();
  const reports = page.train({ text: "Some text." });
  void reports.next();
  await begun(page);
  await expect(page.train({ text: "Other." }).next()).rejects.toThrow("A training is under way.");
  expect(page.training().text.pastedLength).toBe("Some text.".length);
});

test("train has the model write its text where it is given a sample", async () => {
  const page = setup();
  const { engine, training } = page;
  void page.train({ sample: { positions: 4000 }, heldOut: 100 }).next();
  await begun(page);
  expect(engine.prepareText.mock.calls[0].slice(0, 2)).toEqual([
    { kind: "sample", positions: 4000, temperature: 1, seed: 0 },
    { sequenceLength: null, heldOut: 100 },
  ]);
  expect(training().text.choice).toBe("sample");
});

test("evaluate holds lenses to a text, by default all that are open, and the page shows it", async () => {
  const { engine, evaluate, evaluation, state } = setup();
  await state().load();
  engine.evaluate.mockImplementation(async (request) => evaluationOf(state().info!.model, request));
  const found = await evaluate({ text: "Some text.", positions: 50 });
  expect(found.lenses.map(({ name }) => name)).toEqual(["logit", "closed form"]);
  expect(engine.evaluate.mock.calls[0][0].positions).toBe(50);
  expect(evaluation.getState().evaluation).toBe(found);
  const again = await evaluate({ lenses: ["logit"] }); // of the text that is there
  expect(again.lenses.map(({ name }) => name)).toEqual(["logit"]);
  const alone = await evaluate({ lenses: [] });
  expect(alone.lenses.map(({ name }) => name)).toEqual(["logit"]);
  expect(engine.prepareText).toHaveBeenCalledOnce();
  await expect(evaluate(JSON.parse('{ "lens": "logit" }'))).rejects.toThrow("no evaluation option");
});

test("an evaluation that is refused beside another leaves the text of the form", async () => {
  const { evaluate, training, evaluations } = setup();
  evaluate({ text: "Some text." }).catch(() => {});
  await vi.waitFor(() => expect(evaluations).toHaveLength(1));
  await expect(evaluate({ text: "Other." })).rejects.toThrow("An evaluation is under way.");
  expect(training().pasted()).toBe("Some text.");
});
