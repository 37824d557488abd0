import { expect, test, vi } from "vitest";

import { PromptError, TrainingTextError } from "../errors";
import { lensNamed } from "./engineTesting";
import { createEvaluationStore } from "./evaluationStore";
import { app } from "./filesTesting";
import { holdTime, tick } from "./storeTesting";
import { evaluationOf, summaryNamed } from "./trainingTesting";
import { setupTraining } from "./trainStoreTesting";

holdTime();

function setup() {
  const page = setupTraining();
  const { engine, store: reading, trainingStore, training, texts, state, evaluations } = page;
  const store = createEvaluationStore(engine, reading, trainingStore, app, (callback) =>
    callback(),
  );
  const evaluation = () => store.getState();
  /** Presses Evaluate with some text, and lets the engine begin. */
  const begin = async () => {
    training().paste("Some text.");
    const done = evaluation().evaluateOrThrow();
    done.catch(() => {});
    await tick();
    texts.at(-1)?.resolve(summaryNamed("pasted"));
    await tick();
    return { done, held: evaluations.at(-1)! };
  };
  return { ...page, evaluation, begin, model: () => state().info!.model };
}

test("evaluate loads the model, prepares the text, and asks for every open lens", async () => {
  const { training, evaluation, loads, texts, evaluations, model } = setup();
  training().paste("Some text.");
  void evaluation().evaluate();
  expect(evaluation().progress).toEqual({ status: "starting" });
  await tick();
  loads[0].resolve();
  await tick();
  texts[0].resolve(summaryNamed("pasted"));
  await tick();
  const { request, report, resolve } = evaluations[0];
  expect(request).toEqual({
    lenses: ["logit", "closed form"],
    positions: null,
    transferOf: null,
    seed: 0,
  });
  report(1, 4);
  expect(evaluation().progress).toEqual({ status: "running", done: 1, all: 4 });
  const found = evaluationOf(model(), request);
  resolve(found);
  await tick();
  expect(evaluation()).toMatchObject({ progress: { status: "idle" }, evaluation: found });
});

test("a lens is asked for once it is open, unless it was taken out, and no longer once it is closed", async () => {
  const { load, evaluation, openHere, engine, state } = setup();
  await load();
  evaluation().setRequest({ lenses: ["logit"], transferOf: "closed form" });
  await state().know(openHere(lensNamed("mine")));
  expect(evaluation().request.lenses).toEqual(["logit", "mine"]);
  evaluation().setRequest({ transferOf: "mine" });
  await engine.closeLens("mine");
  await state().know(await engine.info());
  expect(evaluation().request).toMatchObject({ lenses: ["logit"], transferOf: null });
});

test("the logit lens is evaluated first, whatever is chosen", async () => {
  const { load, training, evaluation, evaluations, texts, openHere, state } = setup();
  await load();
  await state().know(openHere(lensNamed("mine")));
  evaluation().setRequest({ lenses: ["mine"] });
  training().paste("Some text.");
  void evaluation().evaluate();
  await tick();
  evaluation().setRequest({ lenses: [] }); // too late
  texts[0].resolve(summaryNamed("pasted"));
  await tick();
  expect(evaluations[0].request.lenses).toEqual(["logit", "mine"]);
});

test("a script asks for what is open, and leaves the form as it is", async () => {
  const { load, begin, evaluation } = setup();
  await load();
  evaluation().setRequest({ lenses: ["logit"], positions: 5, transferOf: "closed form" });
  const before = evaluation().request;
  const { held } = await begin();
  expect(held.request).toEqual({
    lenses: ["logit", "closed form"],
    positions: null,
    transferOf: null,
    seed: 0,
  });
  expect(evaluation().request).toBe(before);
});

test("a lens that is not open is refused by its name, also before the model is loaded", async () => {
  const { training, evaluation, loads, texts } = setup();
  training().paste("Some text.");
  for (const asked of [{ lenses: ["nope"] }, { lenses: ["closed form"], transferOf: "nope" }]) {
    const done = evaluation().evaluateOrThrow(asked);
    done.catch(() => {});
    await tick();
    loads[0].resolve();
    await expect(done).rejects.toThrow(
      "No lens named nope is open. Those that can be evaluated are logit, closed form.",
    );
  }
  expect(texts).toHaveLength(0);
  expect(evaluation().request.lenses).toEqual(["logit", "closed form"]); // the button's
});

test("what the engine refuses is shown, and what was found before stays", async () => {
  const { load, begin, evaluation, model } = setup();
  await load();
  const first = await begin();
  const found = evaluationOf(model(), first.held.request);
  first.held.resolve(found);
  await first.done;
  const second = await begin();
  second.held.reject(new PromptError("No such lens is open."));
  await expect(second.done).rejects.toThrow("No such lens is open.");
  expect(evaluation()).toMatchObject({
    evaluation: found,
    progress: { status: "failed", error: { message: "No such lens is open." } },
  });
  evaluation().dismiss();
  expect(evaluation().progress).toEqual({ status: "idle" });
});

/** Presses what asks for the text, which the engine refuses. */
function setupRefused() {
  const page = setup();
  const { texts, training } = page;
  const press = async (act: () => Promise<unknown>) => {
    void act();
    await tick();
    texts.at(-1)?.reject(new TrainingTextError("The text is too short."));
    await tick();
  };
  training().paste("x");
  return { ...page, press };
}

test("a text that cannot be prepared is one failure of both, and dismissed as one", async () => {
  const { load, press, training, evaluation } = setupRefused();
  await load();
  await press(() => evaluation().evaluate());
  const { progress } = evaluation();
  expect(progress).toMatchObject({ error: { message: "The text is too short." } });
  expect(training().textStatus).toEqual(progress); // the same error
  evaluation().dismiss();
  expect(evaluation().progress).toEqual({ status: "idle" });
  expect(training().textStatus).toEqual({ status: "idle" });
});

test("a failure of the text is over once the text is another, or is asked for anew", async () => {
  const { load, press, training, evaluation } = setupRefused();
  await load();
  await press(() => evaluation().evaluate());
  training().paste("xy");
  expect(evaluation().progress).toEqual({ status: "idle" });
  await press(() => evaluation().evaluate());
  await press(() => training().train());
  expect(evaluation().progress).toEqual({ status: "idle" });
  expect(training().run.status).toBe("failed");
  await press(() => evaluation().evaluate());
  expect(training().run).toEqual({ status: "idle" });
  expect(evaluation().progress).toEqual(training().textStatus);
});

test("another failure than the text's is dismissed alone", async () => {
  const { load, press, training, evaluation } = setupRefused();
  await load();
  await press(() => training().train());
  await evaluation()
    .evaluateOrThrow({ lenses: ["nope"] })
    .catch(() => {});
  evaluation().dismiss();
  expect(training().textStatus.status).toBe("failed");
  expect(training().run.status).toBe("failed");
});

test("a second evaluation is refused, and leaves the first as it is", async () => {
  const { load, begin, evaluation, evaluations } = setup();
  await load();
  await begin();
  await expect(evaluation().evaluateOrThrow()).rejects.toThrow("An evaluation is under way.");
  expect(evaluation().progress).toEqual({ status: "starting" });
  expect(evaluations).toHaveLength(1);
});

test("cancel ends the evaluation, or the text that it waits for", async () => {
  const { load, begin, training, evaluation, engine } = setup();
  await load();
  const { held } = await begin();
  held.report(1, 4);
  evaluation().cancel();
  expect(evaluation().progress).toEqual({ status: "cancelling" });
  held.report(2, 4);
  expect(evaluation().progress).toEqual({ status: "cancelling" });
  await tick();
  expect(evaluation().progress).toEqual({ status: "idle" });
  training().paste("Another text.");
  void evaluation().evaluate();
  await tick();
  held.report(3, 4); // late, of the one that was cancelled
  expect(evaluation().progress).toEqual({ status: "starting" });
  evaluation().cancel();
  await tick();
  expect(evaluation().progress).toEqual({ status: "idle" });
  expect(engine.cancelText).toHaveBeenCalledOnce();
  expect(engine.cancelEvaluation).toHaveBeenCalledOnce();
});

test("save hands the evaluation to the browser as a file named for its text", async () => {
  const click = vi.fn();
  const link = { href: "", download: "", click };
  vi.stubGlobal("document", { createElement: () => link });
  const made = vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:x");
  const { load, begin, evaluation, model } = setup();
  await load();
  evaluation().save("json");
  expect(click).not.toHaveBeenCalled();
  const { done, held } = await begin();
  held.resolve(evaluationOf(model(), held.request));
  await done;
  evaluation().save("json");
  expect(link.download).toBe("evaluation-pasted.json");
  expect(evaluation().saved).toBe("Saved as evaluation-pasted.json.");
  expect(JSON.parse(await (made.mock.calls[0][0] as Blob).text())).toMatchObject({ positions: 64 });
  evaluation().save("csv");
  expect(link.download).toBe("evaluation-pasted.csv");
  vi.unstubAllGlobals();
});
