import { expect, test } from "vitest";
import { shownOnPage } from "./readingStore";
import { holdTime, pass, pauseMs, recorded, setup, tick, typingMs } from "./storeTesting";

holdTime();

test("edit reads once for three quick keys, with the lens in use", async () => {
  const { state, asked, ready } = setup();
  await ready();
  await state().choose("logit");
  for (const text of ["a", "ab", "abc"]) {
    await pass(typingMs - 1);
    expect(asked()).toEqual([]);
    state().edit(text);
  }
  await pass(typingMs - 1);
  expect(asked()).toEqual([]);
  await pass(1);
  expect(asked()).toEqual(["abc, logit"]);
  expect(state()).toMatchObject({ prompt: "abc", isTyped: true, progress: { status: "reading" } });
});

test("edit overtakes the read under way", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  const { reading } = await press({ prompt: "one" });
  expect(state().isTyped).toBe(false);
  state().edit("two");
  await pass(typingMs);
  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  reads[1].resolve();
  await tick();
  expect(state()).toMatchObject({ reading: { prompt: "two" }, progress: { status: "idle" } });
  await press();
  expect(state().isTyped).toBe(false); // asked for, not typed
});

test("edit asks for the logit lens's reading when the typing rests", async () => {
  const { state, reads, asked, ready } = setup();
  await ready();
  state().edit("a");
  await pass(typingMs);
  reads[0].resolve();
  await pass(pauseMs - typingMs - 1);
  expect(asked()).toEqual(["a, tuned"]);
  state().edit("ab");
  await pass(typingMs);
  reads[1].resolve();
  await pass(pauseMs - 1);
  expect(asked()).toEqual(["a, tuned", "ab, tuned"]);
  await pass(1);
  expect(asked()).toEqual(["a, tuned", "ab, tuned", "ab, logit"]);
});

test("edit reads nothing while no model is loaded, or is being loaded", async () => {
  const { state, loads, reads, asked } = setup();
  state().edit("typed");
  await pass(1000);
  expect(loads).toHaveLength(0);
  shownOnPage(state().open());
  await tick();
  state().edit("typed on");
  await pass(1000);
  expect(state().progress.status).toBe("loading");
  expect(reads).toHaveLength(0);
  loads[0].resolve();
  await pass(1000);
  expect(asked()).toEqual(["typed on, tuned"]);
});

test("edit reads nothing while a model that was lost is loaded again", async () => {
  const { state, loads, reads, press, ready, lose } = setup();
  await ready();
  lose();
  await press();
  loads[1].report({ status: "preparing", name: "tiny" });
  state().edit("typed");
  await pass(1000);
  loads[1].resolve();
  await tick();
  expect(reads.map(({ request }) => request.prompt)).toEqual(["example"]);
});

test("edit of an empty box ends the read and keeps the last reading", async () => {
  const { state, reads, cancel, ready } = setup();
  await ready();
  state().edit("e");
  await pass(typingMs);
  reads[0].partial(reads[0].reading(1));
  expect(state().reading?.prompt).toBe("e");
  state().edit("");
  expect(cancel).toHaveBeenCalledOnce();
  await pass(1000);
  expect(reads).toHaveLength(1);
  expect(state()).toMatchObject({ prompt: "", progress: { status: "idle" } });
  expect(state().reading).toMatchObject({ prompt: "example", progress: { done: 14, all: 14 } });
});

test("edit of an empty box forgets the key before it", async () => {
  const { state, reads, ready } = setup();
  await ready();
  state().edit("e");
  state().edit("");
  await pass(1000);
  expect(reads).toHaveLength(0);
});

test("edit of an empty box while Read loads is no prompt: what was asked for is read and shown", async () => {
  const { state, loads, reads, press, asked } = setup();
  const { reading } = await press({ prompt: "asked for" });
  state().edit("");
  loads[0].resolve();
  await tick();
  reads[0].resolve();
  expect((await reading).prompt).toBe("asked for");
  await pass(1000);
  expect(asked()).toEqual(["asked for, tuned", "asked for, logit"]);
  expect(state()).toMatchObject({
    prompt: "",
    reading: { prompt: "asked for" },
    progress: { status: "idle" },
  });
});

test("edit while Read loads is followed once what was asked for is read", async () => {
  const { state, loads, reads, press, asked } = setup();
  await press({ prompt: "asked for" });
  state().edit("typed");
  loads[0].resolve();
  await tick();
  reads[0].resolve();
  await tick();
  expect(asked()).toEqual(["asked for, tuned", "typed, tuned"]);
});

test("edit takes the box's text in place of a link's ids", async () => {
  const { state, asked, ready } = setup({ ids: [7] });
  await ready();
  state().edit("text");
  expect(state().ids).toBeNull();
  await pass(typingMs);
  expect(asked()).toEqual(["text, tuned"]);
});

// The page that opens by itself.

test("open loads, then reads what stands in the box by then", async () => {
  const { state, loads, asked } = setup();
  shownOnPage(state().open());
  await tick();
  expect(state().progress.status).toBe("loading");
  state().edit("since then");
  loads[0].resolve();
  await tick();
  expect(asked()).toEqual(["since then, tuned"]);
});

test("open reads the ids that a link names", async () => {
  const { state, loads, reads } = setup({ prompt: "", ids: [7, 8] });
  shownOnPage(state().open());
  await tick();
  loads[0].resolve();
  await tick();
  expect(reads[0].request.prompt).toEqual([7, 8]);
});

test("open leaves a read that is under way alone", async () => {
  const { state, loads, asked, press } = setup();
  shownOnPage(state().open());
  await press({ prompt: "pressed" });
  state().edit("typed");
  loads[0].resolve();
  await tick();
  expect(asked()).toEqual(["pressed, tuned"]);
  expect(state().progress.status).toBe("reading");
});

test("open reads nothing where the box is empty", async () => {
  const { state, loads, reads } = setup({ prompt: "" });
  shownOnPage(state().open());
  await tick();
  loads[0].resolve();
  await tick();
  expect(reads).toHaveLength(0);
  expect(state().progress.status).toBe("idle");
});

test("open leaves a file on screen alone", async () => {
  const { state, loads, reads } = setup();
  state().show(recorded("filed", "tuned"), { kind: "file", name: "a.json" });
  shownOnPage(state().open());
  await tick();
  loads[0].resolve();
  await tick();
  expect(reads).toHaveLength(0);
  expect(state()).toMatchObject({ reading: { prompt: "filed" }, progress: { status: "idle" } });
});

test("open reads what was typed over a file on screen", async () => {
  const { state, loads, asked } = setup();
  state().show(recorded("filed", "tuned"), { kind: "file", name: "a.json" });
  state().edit("typed");
  shownOnPage(state().open());
  await tick();
  expect(asked()).toEqual([]);
  loads[0].resolve();
  await tick();
  expect(asked()).toEqual(["typed, tuned"]);
});

test("a file that is opened while open loads stays, and the page is idle once the model is there", async () => {
  const { state, loads, reads } = setup();
  shownOnPage(state().open());
  await tick();
  state().show(recorded("filed", "tuned"), { kind: "file", name: "a.json" });
  expect(state().progress.status).toBe("loading");
  loads[0].resolve();
  await tick();
  expect(reads).toHaveLength(0);
  expect(state()).toMatchObject({ reading: { prompt: "filed" }, progress: { status: "idle" } });
});

// Readings that were made elsewhere.
