import { readFileSync } from "node:fs";
import { expect, test } from "vitest";

import type { Engine } from "../engine/protocol";
import { maxReadingFileBytes } from "../lens/parseReading";
import { openFiles } from "./openFiles";
import { createReadingStore } from "./readingStore";

const text = readFileSync(new URL("../../public/recorded/fact.json", import.meta.url), "utf8");
const fileOf = (content: string, name = "fact.json") => new File([content], name);

/** A store that shows nothing yet, on an engine that is not to be asked. */
const setup = () => createReadingStore({} as Engine, { prompt: "example", backend: "auto" });

/** What the page says after it was given these files; what is on screen must be what it was. */
async function refusal(...files: File[]) {
  const store = setup();
  await openFiles(store, [fileOf(text)]);
  const { reading } = store.getState();
  await openFiles(store, files);
  const { refusal, ...after } = store.getState();
  expect(after).toMatchObject({ source: { name: "fact.json" }, progress: { status: "idle" } });
  expect(after.reading).toBe(reading);
  return refusal?.message ?? null;
}

test("openFiles shows a reading with no model, and says which file it is from", async () => {
  const store = setup();
  await openFiles(store, [fileOf(text, "mine.json")]);
  expect(store.getState()).toMatchObject({
    info: null,
    prompt: "The Eiffel Tower is located in the city of",
    source: { kind: "file", name: "mine.json" },
    progress: { status: "idle" },
  });
  expect(store.getState().reading?.lens.kind).toBe("tuned");
  expect(store.getState().logit?.lens.kind).toBe("logit");
});

test("openFiles refuses what is no reading, and what is on screen stays", async () => {
  expect(await refusal(fileOf("{", "a.txt"))).toContain("not JSON");
});

test("openFiles refuses several files at once", async () => {
  expect(await refusal(fileOf(text), fileOf(text))).toContain("these are 2 files");
});

test("openFiles refuses a file that is too large before it reads it", async () => {
  const file = fileOf(text);
  Object.defineProperty(file, "size", { value: maxReadingFileBytes + 1_000_000 });
  file.text = () => Promise.reject(new Error("it was read"));
  expect(await refusal(file)).toContain("it has 65 MB, and a reading at most 64");
});

test("openFiles refuses a folder, which a browser cannot read", async () => {
  const folder = fileOf("", "folder");
  folder.text = () => Promise.reject(new DOMException("", "NotFoundError"));
  expect(await refusal(folder)).toContain("it is a folder");
});

test("openFiles does nothing where no file was chosen", async () => {
  expect(await refusal()).toBeNull();
});

test("openFiles shows the file that was opened last, though an earlier one is read later", async () => {
  const store = setup();
  const slow = fileOf(text, "slow.json");
  let arrive = () => {};
  slow.text = () =>
    new Promise((resolve) => {
      arrive = () => resolve(text);
    });
  const opening = openFiles(store, [slow]);
  await openFiles(store, [fileOf(text, "quick.json")]);
  arrive();
  await opening;
  expect(store.getState().source).toEqual({ kind: "file", name: "quick.json" });
});

test("openFiles does not show a file that is read after the visitor has typed", async () => {
  const store = setup();
  const opening = openFiles(store, [fileOf(text)]);
  store.getState().edit("typed");
  await opening;
  expect(store.getState()).toMatchObject({ prompt: "typed", reading: null, refusal: null });
});
