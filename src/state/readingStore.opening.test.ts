import { expect, test } from "vitest";

import type { EngineInfo, LoadProgress } from "../engine/protocol";
import { FormatError, NoLensError } from "../errors";
import { info, lensNamed, other } from "./engineTesting";
import { shownOnPage } from "./readingStore";
import { holdTime, later, pass, setup, tick } from "./storeTesting";

holdTime();

const damaged = new FormatError("This model's weights are cut off.");

/** A page that has read its example, and is opening another model. */
async function opening() {
  const page = setup();
  await page.ready();
  void page.replace();
  await tick();
  return page;
}

test("a Read that is pressed while a model is opened is read with the new one", async () => {
  const { state, models, reads, press } = await opening();
  const { reading } = await press({ prompt: "pressed" });
  expect(reads).toHaveLength(0);
  models[0].resolve(other);
  await tick();
  expect(reads).toHaveLength(1);
  reads[0].resolve();
  expect(await reading).toMatchObject({ prompt: "pressed", model: other.model });
  await tick();
  expect(state()).toMatchObject({
    lens: "logit", // it has no other
    reading: { prompt: "pressed" },
    progress: { status: "idle" },
  });
});

test("a Read that is pressed while a model is opened takes the new model's lens of the kind in use", async () => {
  const { models, reads, press } = await opening();
  const { reading } = await press({ prompt: "pressed" });
  models[0].resolve({ ...other, lenses: [lensNamed("theirs")] });
  await tick();
  reads[0].resolve();
  expect((await reading).lens.name).toBe("theirs");
});

test("a Read that is pressed while a model is opened is read with the old one where the new is refused", async () => {
  const { state, models, reads, press } = await opening();
  const { reading } = await press({ prompt: "pressed" });
  models[0].reject(damaged);
  await tick();
  reads[0].resolve();
  expect(await reading).toMatchObject({ prompt: "pressed", model: info.model });
  await tick();
  expect(state()).toMatchObject({ info, lens: "tuned", progress: { status: "idle" } });
});

test("choose while a model is opened says with which lens the new one reads", async () => {
  const { state, models, asked } = await opening();
  shownOnPage(state().choose("logit"));
  await tick();
  models[0].resolve({ ...other, lenses: [lensNamed("theirs")] });
  await tick();
  expect(state().lens).toBe("logit");
  expect(asked().filter((one) => !one.endsWith("logit"))).toEqual([]);
});

test("choose during a read that waited for the model reads its prompt with that lens", async () => {
  const { state, models, asked, press } = await opening();
  await press({ prompt: "pressed", lens: "logit" });
  models[0].resolve({ ...other, lenses: [lensNamed("theirs")] });
  await tick();
  expect(asked()).toEqual(["pressed, logit"]);
  shownOnPage(state().choose("tuned", "theirs"));
  await tick();
  expect(asked()).toEqual(["pressed, logit", "pressed, theirs"]);
});

test("cancel while a model is opened leaves the old one in use", async () => {
  const page = setup();
  const { state, models, reads, cancel, press } = page;
  await page.ready();
  const { reading } = state();
  const done = page.replace();
  await tick();
  const load: LoadProgress = { status: "preparing", name: "other" };
  models[0].report(load);
  state().cancel();
  expect(cancel).toHaveBeenCalledOnce();
  await expect(done).rejects.toMatchObject({ name: "AbortError" });
  expect(state()).toMatchObject({ info, progress: { status: "cancelled", load } });
  expect(state().reading).toBe(reading);
  await press({ prompt: "next" });
  reads[0].resolve();
  await tick();
  expect(state()).toMatchObject({ reading: { prompt: "next" }, progress: { status: "idle" } });
});

test("a second model that is opened before the first is there takes its place", async () => {
  const page = setup();
  const { state, models } = page;
  await page.ready();
  const first = page.replace();
  await tick();
  const second = page.replace();
  await expect(first).rejects.toMatchObject({ name: "AbortError" });
  await tick();
  expect(state().progress.status).toBe("loading");
  const third: EngineInfo = { ...other, model: { ...other.model, name: "third" } };
  models[1].resolve(third);
  await second;
  expect(state()).toMatchObject({ info: third, progress: { status: "idle" } });
});

// Before any model is there.

test("a model that is opened while the page's own loads ends that load", async () => {
  const page = setup();
  const { state, loads, models, cancel, press } = page;
  const { reading } = await press();
  const { promise, resolve } = later<void>();
  cancel.mockImplementationOnce(() => {
    loads[0].reject(new DOMException("cancelled", "AbortError"));
    return promise;
  });
  const done = page.replace();
  await tick();
  expect(models).toHaveLength(0); // the engine still cancels
  resolve();
  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  await tick();
  models[0].resolve(other);
  await done;
  expect(state()).toMatchObject({ info: other, progress: { status: "idle" } });
  expect(loads).toHaveLength(1);
});

test("a model that is refused while the page's own loads lets that load go on", async () => {
  const page = setup();
  const { state, loads, models } = page;
  shownOnPage(state().load());
  await tick();
  const done = page.replace();
  await tick();
  models[0].reject(damaged);
  await expect(done).rejects.toBe(damaged);
  await tick();
  expect(loads).toHaveLength(2);
  expect(state().progress.status).toBe("loading");
  loads[1].resolve();
  await tick();
  expect(state()).toMatchObject({ info, progress: { status: "idle" } });
});

test("cancel of a model that was opened while the page's own loaded ends both", async () => {
  const page = setup();
  const { state, loads } = page;
  shownOnPage(state().load());
  await tick();
  void page.replace();
  await tick();
  state().cancel();
  await pass(1000);
  expect(state()).toMatchObject({ info: null, progress: { status: "cancelled" } });
  expect(loads).toHaveLength(1);
});

test("a first model that is refused leaves a page on which Read loads its own", async () => {
  const page = setup();
  const { state, loads, models, press, asked } = page;
  const done = page.replace();
  await tick();
  models[0].reject(damaged);
  await expect(done).rejects.toBe(damaged);
  expect(state()).toMatchObject({ info: null, progress: { status: "idle" } });
  await press();
  loads[0].resolve();
  await tick();
  expect(asked()).toEqual(["example, tuned"]);
});

test("a Read that is pressed while a model is opened does not end the opening when it is given up", async () => {
  const { state, models, cancel, press } = await opening();
  await press({ prompt: "pressed" });
  expect(state().progress.status).toBe("loading");
  state().edit("");
  void shownOnPage(state().choose("logit"));
  await pass(100);
  expect(cancel).not.toHaveBeenCalled();
  models[0].resolve(other);
  await tick();
  expect(state().info).toBe(other);
});

test("read with a kind of lens of which none is open says so, and reads with no other", async () => {
  const { state, models, reads } = await opening();
  models[0].resolve(other);
  await tick();
  for (const lens of ["tuned", "jacobian"]) {
    await expect(state().read({ prompt: "a", lens })).rejects.toThrow(NoLensError);
  }
  expect(reads).toHaveLength(0);
});

test("token ids that were read are not read as another model's", async () => {
  const { state, models } = await opening();
  state().place([3, 4]);
  models[0].resolve(other);
  await tick();
  expect(state()).toMatchObject({ ids: null });
});
