import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import { setupFiles } from "./filesTesting";
import { holdTime, later, pass, tick, typingMs } from "./storeTesting";

holdTime();

const text = readFileSync(new URL("../../public/recorded/fact.json", import.meta.url), "utf8");

/** A file that holds this text. */
const fileOf = (text: string, name = "a.json") =>
  Object.assign(new File([text], name), { text: async () => text });

/** A file whose text comes when the test says so. */
function slowFile(name = "a.json") {
  const { promise, resolve } = later<string>();
  return {
    file: Object.assign(new File([text], name), { text: () => promise }),
    arrive: () => resolve(text),
  };
}

test("a reading is shown, with the name of its file, and no model is loaded for it", async () => {
  const { state, dropFiles, rows, loads } = setupFiles();
  await dropFiles([fileOf(text)]);
  expect(state()).toMatchObject({
    source: { kind: "file", name: "a.json" },
    reading: { backend: "recorded", lens: { kind: "tuned" } },
    logit: { lens: { kind: "logit" } },
  });
  expect(state().prompt).toBe(state().reading?.prompt);
  expect(rows()).toEqual(["a.json: used, shown"]);
  expect(loads).toHaveLength(0);
});

test("a reading that is damaged is refused, and what is on screen stays", async () => {
  const { state, dropFiles, rows, ready } = setupFiles();
  await ready();
  const before = state();
  await expect(dropFiles([fileOf("{")])).rejects.toMatchObject({ name: "ReadingFileError" });
  expect(rows()[0]).toMatch(/^a\.json: refused, This file cannot be opened as a reading/);
  expect(state()).toEqual({ ...before, refusal: state().refusal });
  expect(state().refusal?.name).toBe("ReadingFileError");
});

test("a reading that comes after the visitor typed is not shown, and its row says so", async () => {
  const { state, dropFiles, rows, ready } = setupFiles();
  await ready();
  const { file, arrive } = slowFile();
  const opened = dropFiles([file]);
  await tick();
  expect(rows()).toEqual(["a.json: reading"]);
  state().edit("typed");
  arrive();
  await opened;
  expect(rows()[0]).toMatch(/^a\.json: \w+, not shown/);
  await pass(typingMs);
  expect(state()).toMatchObject({ prompt: "typed", source: { kind: "live" } });
});

test("a reading that waits behind other files is not shown where the visitor typed meanwhile", async () => {
  const { state, engine, drop, dropFiles, rows, ready } = setupFiles();
  await ready();
  const { promise, resolve } = later<string>();
  engine.openLens.mockReturnValueOnce(promise);
  const first = drop("mine.pt");
  const second = dropFiles([fileOf(text)]);
  await tick();
  state().edit("typed");
  resolve("closed form");
  await Promise.all([first, second]);
  expect(state()).toMatchObject({ prompt: "typed", source: { kind: "live" } });
  expect(rows()[0]).toMatch(/not shown/);
});

test("a reading that comes with a lens is shown, and the lens is open beside it", async () => {
  const { state, dropFiles, rows, ready } = setupFiles();
  await ready();
  await dropFiles([fileOf(text), new File(["x"], "mine.pt")]);
  await pass(1000);
  expect(state().source).toEqual({ kind: "file", name: "a.json" });
  expect(state().progress.status).toBe("idle");
  expect(state().info?.lenses.map(({ name }) => name)).toContain("mine");
  expect(rows()).toEqual(["a.json: used, shown", "mine.pt: used, in use: a tuned lens of 1 layer"]);
});

test("of two readings that are given at once one is shown, and no row says that the visitor has gone on", async () => {
  const { state, dropFiles, rows, ready } = setupFiles();
  await ready();
  await dropFiles([fileOf(text, "a.json"), fileOf(text, "b.json")]);
  expect(state().source).toMatchObject({ kind: "file" });
  expect(rows().join()).not.toContain("gone on");
});
