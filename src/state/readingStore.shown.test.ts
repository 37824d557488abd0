import { expect, test } from "vitest";
import { DownloadError, MissingLensError, ReadingFileError } from "../errors";
import type { Reading } from "../lens/reading";
import { info, readingOf } from "./engineTesting";
import { shownOnPage } from "./readingStore";
import { holdTime, later, type Page, pass, recorded, setup, tick, typingMs } from "./storeTesting";

holdTime();

test("show takes the lens that is chosen, and the box its prompt", () => {
  const { state } = setup();
  const [tuned, logit] = recorded("shown", "tuned", "logit");
  state().show([logit, tuned], { kind: "recorded" });
  expect(state()).toMatchObject({
    prompt: "shown",
    ids: null,
    lens: "tuned",
    source: { kind: "recorded" },
    progress: { status: "idle" },
    elapsedMs: null,
    isTyped: false,
  });
  expect(state().reading).toBe(tuned);
  expect(state().logit).toBe(logit);
});

test("show of a file without the chosen lens takes its first one", () => {
  const { state } = setup();
  state().show(recorded("shown", "logit"), { kind: "file", name: "a.json" });
  expect(state()).toMatchObject({ lens: "logit", source: { kind: "file", name: "a.json" } });
});

test("show of a file whose readings list other numbers of tokens takes the chosen lens, or else the first", () => {
  const tuned = readingOf({ prompt: "shown", lens: "tuned", topK: 5 });
  const logit = readingOf({ prompt: "shown", lens: "logit", topK: 3 });
  for (const file of [
    [tuned, logit],
    [logit, tuned],
  ]) {
    const { state } = setup();
    state().show(file, { kind: "file", name: "a.json" });
    expect(state()).toMatchObject({ lens: "tuned", reading: tuned, logit });

    const other = setup({ lens: "jacobian" });
    other.state().show(file, { kind: "file", name: "a.json" });
    expect(other.state().reading).toBe(file[0]);
    expect(other.state().lens).toBe(file[0].lens.kind);
  }
});

test("show of a reading without a prompt keeps its tokens for Read", () => {
  const { state } = setup();
  state().show([{ ...readingOf({ prompt: [7, 8], lens: "tuned" }) }], { kind: "recorded" });
  expect(state()).toMatchObject({ prompt: "example", ids: [7, 8] });
});

test("show ends the read under way, and the typing", async () => {
  const { state, reads, cancel, press, ready } = setup();
  await ready();
  state().edit("typed");
  await pass(typingMs);
  expect(state().isTyped).toBe(true);
  state().show(recorded("shown", "tuned"), { kind: "recorded" });
  expect(state().isTyped).toBe(false);
  cancel.mockClear();
  reads.length = 0;
  const { reading } = await press({ prompt: "next" });
  state().show(recorded("shown", "tuned"), { kind: "recorded" });
  expect(cancel).toHaveBeenCalledOnce();
  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  reads[0].partial(reads[0].reading(1));
  expect(state()).toMatchObject({ reading: { prompt: "shown" }, progress: { status: "idle" } });
});

test("show drops the logit lens's reading of what it replaces", async () => {
  const { state, ready } = setup();
  await ready();
  expect(state().logit).not.toBeNull();
  state().show(recorded("shown", "tuned"), { kind: "recorded" });
  expect(state().logit).toBeNull();
});

test("choose switches between recorded readings with no engine call", async () => {
  const { state, loads, reads, cancel } = setup();
  const [tuned, logit] = recorded("shown", "tuned", "logit");
  state().show([tuned, logit], { kind: "recorded" });
  await state().choose("logit");
  expect(state()).toMatchObject({ lens: "logit", source: { kind: "recorded" } });
  expect(state().reading).toBe(logit);
  await state().choose("tuned");
  expect(state().reading).toBe(tuned);
  expect(state().logit).toBe(logit);
  expect([loads.length, reads.length, cancel.mock.calls.length]).toEqual([0, 0, 0]);
});

test("choose of a lens that a file lacks, with no model, refuses and keeps the lens", async () => {
  const { state, loads } = setup();
  state().show(recorded("shown", "tuned"), { kind: "file", name: "a.json" });
  await state().choose("logit");
  const { refusal } = state();
  expect(refusal).toBeInstanceOf(MissingLensError);
  expect(refusal).toMatchObject({ wanted: "logit", open: "tuned" });
  expect(state()).toMatchObject({
    lens: "tuned",
    reading: { lens: { kind: "tuned" } },
    progress: { status: "idle" },
  });
  expect(loads).toHaveLength(0);
});

test("choose of a lens that a file lacks reads it where the model is loaded", async () => {
  const { state, asked, ready } = setup();
  await ready();
  state().show(recorded("shown", "tuned"), { kind: "file", name: "a.json" });
  shownOnPage(state().choose("logit"));
  await tick();
  expect(asked()).toEqual(["shown, logit"]);
});

test("bring shows readings once they are here, and resolves to true", async () => {
  const { state } = setup();
  const { promise, resolve } = later<Reading[]>();
  const brought = state().bring(promise, { kind: "recorded" });
  await tick();
  expect(state()).toMatchObject({ reading: null, prompt: "example" });
  resolve(recorded("brought", "tuned"));
  expect(await brought).toBe(true);
  expect(state()).toMatchObject({
    prompt: "brought",
    reading: { prompt: "brought" },
    source: { kind: "recorded" },
  });
});

/** What a visitor or a script may go on to while readings are on their way. */
const goneOn: [string, (page: Page) => unknown][] = [
  ["edit", ({ state }) => state().edit("typed")],
  ["read", ({ press }) => press({ prompt: "asked for" })],
  ["show", ({ state }) => state().show(recorded("shown", "tuned"), { kind: "recorded" })],
];

test.each(goneOn)(
  "bring does not show what comes after %s, and resolves to false",
  async (_, act) => {
    const page = setup();
    const { promise, resolve } = later<Reading[]>();
    const brought = page.state().bring(promise, { kind: "recorded" });
    await act(page);
    const before = page.state();
    resolve(recorded("brought", "tuned"));
    expect(await brought).toBe(false);
    expect(page.state()).toBe(before);
  },
);

test.each(goneOn)(
  "bring does not refuse what fails after %s, and resolves to false",
  async (_, act) => {
    const page = setup();
    const { promise, reject } = later<Reading[]>();
    const brought = page.state().bring(promise, { kind: "file", name: "a.json" });
    await act(page);
    const before = page.state();
    reject(new ReadingFileError("it is an empty list"));
    expect(await brought).toBe(false);
    expect(page.state()).toBe(before);
  },
);

test.each([
  ["first", [0, 1]],
  ["last", [1, 0]],
])(
  "bring twice shows only the later readings, also where the earlier come %s",
  async (_, order) => {
    const { state } = setup();
    const ways = [later<Reading[]>(), later<Reading[]>()];
    const brought = ways.map(({ promise }, i) =>
      state().bring(promise, { kind: "file", name: `${i}.json` }),
    );
    for (const i of order) {
      ways[i].resolve(recorded(`file ${i}`, "tuned"));
      await tick();
    }
    expect(await Promise.all(brought)).toEqual([false, true]);
    expect(state()).toMatchObject({ reading: { prompt: "file 1" }, source: { name: "1.json" } });
  },
);

test("bring refuses what cannot be had, resolves to false, and what is on screen stays", async () => {
  const { state, ready } = setup();
  await ready();
  const before = state();
  const error = new DownloadError("The recorded reading did not arrive.");
  expect(await state().bring(Promise.reject(error), { kind: "recorded" })).toBe(false);
  expect(state()).toEqual({ ...before, refusal: error });
});

test("bring passes a bug on to the caller and refuses nothing", async () => {
  const { state } = setup();
  const brought = state().bring(Promise.reject(new TypeError("x")), { kind: "recorded" });
  await expect(brought).rejects.toThrow(TypeError);
  expect(state().refusal).toBeNull();
});

test("show draws no older logit reading beside a file of another model", async () => {
  const { state, ready } = setup();
  await ready();
  const [tuned] = recorded("example", "tuned");
  const other = { ...tuned, model: { ...info.model, sha256: "ef" } };
  state().show([other], { kind: "file", name: "other.json" });
  expect(state()).toMatchObject({ reading: other, logit: null });
  expect(await state().readings()).toEqual([other]);
});

test("show draws no logit reading of one file beside another file's", async () => {
  const { state } = setup();
  state().show(recorded("shown", "tuned", "logit"), { kind: "file", name: "a.json" });
  const [tuned] = recorded("shown", "tuned");
  state().show([tuned], { kind: "file", name: "b.json" });
  expect(state().logit).toBeNull();
  expect(await state().readings()).toEqual([tuned]);
});

test("choose does not go back to a lens of the file that was open before", async () => {
  const { state } = setup();
  state().show(recorded("shown", "tuned", "logit"), { kind: "file", name: "a.json" });
  state().show(recorded("shown", "tuned"), { kind: "file", name: "b.json" });
  await state().choose("logit");
  expect(state().refusal).toBeInstanceOf(MissingLensError);
  expect(state()).toMatchObject({ lens: "tuned", source: { name: "b.json" } });
});

test("a live reading replaces a recorded one of its cells without taking it apart", async () => {
  const { state, loads, reads, press } = setup();
  const [tuned, logit] = recorded("shown", "tuned", "logit");
  state().show([tuned, logit], { kind: "recorded" });
  await press();
  loads[0].resolve();
  await tick();
  reads[0].partial(reads[0].reading(1));
  expect(state().reading).toBe(tuned);
  expect(state().source.kind).toBe("recorded");
  reads[0].resolve();
  await tick();
  expect(state()).toMatchObject({ reading: { backend: "wasm" }, source: { kind: "live" } });
  expect(state().logit).toBe(logit); // until the live one comes
  await tick();
  reads[1].resolve();
  await tick();
  expect(state().logit?.backend).toBe("wasm");
});

test("a partial reading with another lens is shown, since the one on screen does not say it", async () => {
  const { state, reads, readAlone } = setup();
  await readAlone();
  shownOnPage(state().choose("logit"));
  await tick();
  reads[1].partial(reads[1].reading(1));
  expect(state().reading).toMatchObject({ lens: { kind: "logit" }, progress: { done: 7 } });
});

test("a recorded reading that is shown while Read loads leaves the page idle once the model is there", async () => {
  const { state, loads, press } = setup();
  await press();
  state().show(recorded("shown", "tuned"), { kind: "recorded" });
  loads[0].resolve();
  await pass(1000);
  expect(state().progress.status).not.toBe("loading");
});

test("a read that a recorded reading overtook while it loaded reads that one's prompt", async () => {
  const { state, loads, press, asked } = setup();
  const { reading } = await press();
  state().show(recorded("shown", "tuned"), { kind: "recorded" });
  loads[0].resolve();
  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  await tick();
  expect(asked()).toEqual(["shown, tuned"]);
});

test("a read that a file overtook while it loaded reads nothing", async () => {
  const { state, loads, press, asked } = setup();
  const { reading } = await press();
  state().show(recorded("filed", "tuned"), { kind: "file", name: "a.json" });
  loads[0].resolve();
  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  await pass(1000);
  expect(asked()).toEqual([]);
  expect(state()).toMatchObject({ reading: { prompt: "filed" }, progress: { status: "idle" } });
});

test("choose between recorded readings while Read loads does not lose the read", async () => {
  const { state, loads, asked, press } = setup();
  state().show(recorded("shown", "tuned", "logit"), { kind: "recorded" });
  await press();
  await state().choose("logit");
  loads[0].resolve();
  await pass(1000);
  expect(asked()).toContain("shown, logit");
  expect(state().progress.status).not.toBe("loading");
});
