import { expect, test } from "vitest";

import type { EngineInfo } from "../engine/protocol";
import { DownloadError, FormatError } from "../errors";
import { info, lensNamed, other, sumOf } from "./engineTesting";
import { app, setupFiles } from "./filesTesting";
import { holdTime, pass, tick } from "./storeTesting";

holdTime();

const withoutWords: EngineInfo = { ...other, hasTokenizer: false };

/** A page that has read its example, and then has taken this model in place of its own. */
async function withModel(model: EngineInfo) {
  const page = setupFiles();
  await page.ready();
  const opened = page.drop("other.gguf");
  await tick();
  page.models[0].resolve(model);
  await opened;
  await tick();
  return page;
}

/** Takes the page's own model again. */
async function goBack({ files, models }: ReturnType<typeof setupFiles>) {
  const back = files().openBundled();
  await tick();
  models.at(-1)?.resolve(info);
  await back;
  await tick();
}

test("a model that was opened reads what stands in the box", async () => {
  const { state, rows, asked, reads } = await withModel(other);
  expect(rows()).toEqual(["other.gguf: used, in use: a model of 3 layers of width 2,048"]);
  expect(asked()).toEqual(["example, logit"]);
  reads[0].resolve();
  await tick();
  expect(state()).toMatchObject({ info: other, prompt: "example", refusal: null });
  expect(state().reading).toMatchObject({ prompt: "example", model: other.model });
});

test("a model that was opened reads what was typed meanwhile", async () => {
  const { state, drop, models, asked, ready } = setupFiles();
  await ready();
  const opened = drop("other.gguf");
  await tick();
  state().edit("typed");
  await pass(1000);
  expect(asked()).toEqual([]);
  models[0].resolve();
  await opened;
  await tick();
  expect(asked()).toEqual(["typed, logit"]);
});

test("a model that is refused leaves all as it was, and its row says why", async () => {
  const { state, drop, models, rows, reads, ready } = setupFiles();
  await ready();
  const before = state();
  const damaged = new FormatError("This model's weights are cut off.");
  const opened = drop("other.gguf");
  await tick();
  models[0].reject(damaged);
  await expect(opened).rejects.toBe(damaged);
  await pass(1000);
  expect(rows()).toEqual(["other.gguf: refused, This model's weights are cut off."]);
  expect(state()).toEqual({ ...before, refusal: damaged });
  expect(reads).toHaveLength(0);
});

test("a lens that came with a model that is refused is tried on the one in use", async () => {
  const { engine, drop, models, rows, ready } = setupFiles();
  await ready();
  const damaged = new FormatError("This model's weights are cut off.");
  const opened = drop("mine.pt", "other.gguf");
  await tick();
  models[0].reject(damaged);
  await expect(opened).rejects.toBe(damaged);
  expect(engine.openLens).toHaveBeenCalledOnce();
  expect(rows()[0]).toMatch(/^mine\.pt: used/);
});

test("cancel of a model that is being opened leaves the old one, and its row says so", async () => {
  const { state, drop, rows, ready } = setupFiles();
  await ready();
  const { reading } = state();
  drop("other.gguf");
  await tick();
  state().cancel();
  await tick();
  expect(rows()).toEqual(["other.gguf: ignored, cancelled"]);
  expect(state()).toMatchObject({ info, refusal: null, progress: { status: "cancelled" } });
  expect(state().reading).toBe(reading);
});

test("a model that was cancelled does not keep the lens beside it, nor the next files, from opening", async () => {
  const { state, drop, rows, ready } = setupFiles();
  await ready();
  drop("other.gguf");
  const next = drop("mine.pt");
  await tick();
  state().cancel();
  await next;
  expect(rows()).toEqual(["mine.pt: used, in use: a tuned lens of 1 layer"]);
});

// Prompts that are token ids.

test("a model that reads no text empties the box and reads nothing", async () => {
  const { state, asked } = await withModel(withoutWords);
  await pass(1000);
  expect(state()).toMatchObject({ prompt: "", ids: null, reading: null });
  expect(asked()).toEqual([]);
});

test("openBundled brings the words back that stood in the box, and reads them", async () => {
  const page = await withModel(withoutWords);
  const { state, asked } = page;
  state().place([7, 8]);
  await goBack(page);
  expect(state()).toMatchObject({ info, prompt: "example", ids: null });
  expect(asked().at(-1)).toBe("example, tuned"); // the kind that was in use before
});

test("openBundled brings the words back also after two models that read no text", async () => {
  const page = await withModel(withoutWords);
  const { state, drop, models } = page;
  const opened = drop("third.gguf");
  await tick();
  models[1].resolve(withoutWords);
  await opened;
  await goBack(page);
  expect(state().prompt).toBe("example");
});

test("openBundled leaves the box where the model before read text", async () => {
  const page = await withModel(other);
  const { state, asked } = page;
  state().edit("typed");
  await goBack(page);
  expect(state()).toMatchObject({ info, prompt: "typed" });
  expect(asked().at(-1)).toMatch(/^typed, /);
});

test("openBundled says on the page what keeps the model from coming back", async () => {
  const { state, files, models } = await withModel(other);
  const error = new DownloadError("A part is altered.");
  const back = files().openBundled();
  await tick();
  models.at(-1)?.reject(error);
  await back.catch(() => {});
  expect(state()).toMatchObject({ info: other, refusal: error });
});

// Lenses that are open.

test("close lets go of a lens, and the page goes on with another", async () => {
  const { state, files, engine, drop, reads, ready } = setupFiles();
  await ready();
  await drop("mine.pt");
  await tick();
  reads[0].resolve();
  await tick();
  expect(state().reading?.lens.name).toBe("mine");
  await files().close("mine");
  expect(engine.closeLens).toHaveBeenCalledExactlyOnceWith("mine");
  expect(state().info?.lenses).toEqual(info.lenses);
  expect(state().reading?.lens.name).toBe("closed form");
});

test("save gives the lens in use and its name, in the format that is asked for", async () => {
  const { files, engine, drop, ready } = setupFiles();
  await ready();
  await drop("mine.pt");
  for (const format of ["folder", "safetensors"] as const) {
    const { blob, name } = await files().save(format);
    expect(name).toBe("mine");
    expect(await blob.text()).toBe("mine");
    expect(engine.saveLens).toHaveBeenLastCalledWith("mine", format, app);
  }
  expect(files().saved).toEqual([sumOf("mine"), sumOf("mine")]);
});

test("save refuses the logit lens, which has no file, and a lens that is not open", async () => {
  const { state, files, engine, openHere, ready } = setupFiles();
  await expect(files().save("folder")).rejects.toMatchObject({ name: "NoLensError" }); // no model yet
  await ready();
  await state().know(openHere(lensNamed("mine")));
  await state().choose("logit");
  await expect(files().save("folder")).rejects.toMatchObject({ name: "NoLensError" });
  expect(engine.saveLens).not.toHaveBeenCalled();
});
