import { expect, test } from "vitest";

import type { LoadProgress } from "../engine/protocol";
import { DownloadError, PromptError, ReadingFileError } from "../errors";
import { info, lensNamed } from "./engineTesting";
import { shownOnPage } from "./readingStore";
import { holdTime, later, type Page, pass, recorded, setup, tick } from "./storeTesting";

holdTime();

test("read loads first, then reads what stands in the box with the chosen lens", async () => {
  const { state, loads, reads, press } = setup();
  await press();
  expect(state().progress).toEqual({ status: "loading", load: null });
  const load: LoadProgress = { status: "preparing", name: "tiny" };
  loads[0].report(load);
  expect(state().progress).toEqual({ status: "loading", load });
  loads[0].resolve();
  await tick();
  expect(state().progress.status).toBe("reading");
  expect(reads[0].request).toMatchObject({ prompt: "example", lens: "tuned" });
  await pass(250);
  reads[0].resolve();
  await tick();
  expect(state()).toMatchObject({ info, progress: { status: "idle" }, source: { kind: "live" } });
  expect(state().reading?.prompt).toBe("example");
  expect(state().elapsedMs).toBe(250); // without the load
});

test("read takes the ids that a link names in place of the box, until a text is read", async () => {
  const { state, reads, press, ready } = setup({ ids: [7, 8] });
  await ready();
  expect(state()).toMatchObject({ ids: [7, 8], prompt: "example", reading: { prompt: null } });
  await press();
  expect(reads[0].request.prompt).toEqual([7, 8]);
  await press({ prompt: "text" });
  expect(state()).toMatchObject({ ids: null, prompt: "text" });
  await press({ prompt: [9] });
  expect(state()).toMatchObject({ ids: [9], prompt: "text" });
});

test("load is shared: ready and a read wait for the same one", async () => {
  const { state, loads, press } = setup();
  const loaded = state().load();
  await press();
  expect(loads).toHaveLength(1);
  loads[0].resolve();
  expect(await loaded).toBe(info);
  await tick();
  expect(state().progress.status).toBe("reading");
});

test("load alone leaves the page idle", async () => {
  const { state, loads } = setup();
  const loaded = state().load();
  await tick();
  loads[0].resolve();
  await loaded;
  expect(state().progress.status).toBe("idle");
});

test("partial readings are drawn as they come, but not after the whole one", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  await press({ prompt: "next" });
  expect(state().reading?.prompt).toBe("example");
  const [{ reading, partial, resolve }] = reads;
  const part = reading(1);
  partial(part);
  expect(state().reading).toBe(part);
  expect(state().elapsedMs).toBeNull();
  resolve();
  await tick();
  expect(state().reading).toMatchObject({ prompt: "next", progress: { done: 8, all: 8 } });
  partial(part);
  expect(state().reading?.progress.done).toBe(8);
});

test("a newer read wins, and the older one rejects as aborted", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  const { reading: older } = await press({ prompt: "older" });
  const { reading: newer } = await press({ prompt: "newer" });
  await expect(older).rejects.toMatchObject({ name: "AbortError" });
  reads[0].partial(reads[0].reading(1));
  expect(state().reading?.prompt).toBe("example");
  expect(state().progress.status).toBe("reading");
  reads[1].resolve();
  expect((await newer).prompt).toBe("newer");
  expect(state().reading?.prompt).toBe("newer");
  expect(state().progress.status).toBe("idle");
});

test("a read that fails keeps the prompt, the last reading and its lens", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  await press({ prompt: "next", lens: "logit" });
  reads[0].partial(reads[0].reading(1));
  const error = new PromptError("The prompt is too long.");
  reads[0].reject(error);
  await tick();
  expect(state().progress).toMatchObject({ status: "failed", error });
  expect(state().prompt).toBe("next");
  expect(state().reading).toMatchObject({ prompt: "example", progress: { done: 14, all: 14 } });
  expect(state().logit).toMatchObject({ prompt: "example", lens: { kind: "logit" } });
  expect(state().lens).toBe("tuned");
  state().dismiss();
  expect(state().progress.status).toBe("idle");
});

test("retry loads again after a download that failed, and reads what was asked for", async () => {
  const { state, loads, reads, press } = setup();
  await press({ prompt: "mine", topK: 3 });
  loads[0].reject(new DownloadError("A part is altered."));
  await tick();
  expect(state().progress.status).toBe("failed");
  state().edit("typed since");
  shownOnPage(state().retry());
  await tick();
  expect(state().progress.status).toBe("loading");
  loads[1].resolve();
  await tick();
  expect(reads[0].request).toEqual({ prompt: "mine", lens: "tuned", topK: 3 });
});

test("retry after a load alone that failed reads the box, and does nothing where nothing failed", async () => {
  const { state, loads, asked } = setup();
  await state().retry();
  expect(loads).toHaveLength(0);
  shownOnPage(state().load());
  await tick();
  loads[0].reject(new DownloadError("A part is altered."));
  await tick();
  expect(state().progress).toMatchObject({ status: "failed", request: null });
  shownOnPage(state().retry());
  await tick();
  loads[1].resolve();
  await tick();
  expect(asked()).toEqual(["example, tuned"]);
});

test("refuse says what could not be done and changes nothing else; dismiss takes it away", async () => {
  const { state, ready } = setup();
  await ready();
  const before = state();
  const error = new ReadingFileError("it is an empty list");
  state().refuse(error);
  expect(state()).toEqual({ ...before, refusal: error });
  state().dismiss();
  expect(state()).toEqual(before);
});

test("refuse during a load stands beside its progress, and dismiss takes only the refusal away", async () => {
  const { state, loads, press } = setup();
  await press();
  const error = new ReadingFileError("it is an empty list");
  state().refuse(error);
  expect(state()).toMatchObject({ refusal: error, progress: { status: "loading" } });
  const load: LoadProgress = { status: "preparing", name: "tiny" };
  loads[0].report(load);
  expect(state()).toMatchObject({ refusal: error, progress: { status: "loading", load } });
  loads[0].resolve();
  await tick();
  expect(state()).toMatchObject({ refusal: error, progress: { status: "reading" } });
  state().dismiss();
  expect(state()).toMatchObject({ refusal: null, progress: { status: "reading" } });
});

test.each([
  ["read", async ({ press }: Page) => void (await press({ prompt: "next" }))],
  ["show", ({ state }: Page) => state().show(recorded("shown", "tuned"), { kind: "recorded" })],
  ["choose of a known lens", ({ state }: Page) => state().choose("logit")],
  [
    "choose of a lens that is read",
    async ({ state, openHere }: Page) => {
      await state().know(openHere(lensNamed("mine")));
      void state().choose("tuned", "mine");
    },
  ],
])("%s takes away what refuse said", async (_, act) => {
  const page = setup();
  await page.ready();
  page.state().refuse(new ReadingFileError("it is an empty list"));
  await act(page);
  expect(page.state().refusal).toBeNull();
});

test("choose before anything was read takes away what refuse said", async () => {
  const { state } = setup();
  state().refuse(new ReadingFileError("it is an empty list"));
  await state().choose("logit");
  expect(state().refusal).toBeNull();
});

test("dismiss leaves a read that is under way alone", async () => {
  const { state, press, ready } = setup();
  await ready();
  await press({ prompt: "next" });
  state().dismiss();
  expect(state().progress.status).toBe("reading");
});

test("choose before anything was read says with which lens that will be", async () => {
  const { state, loads, reads, press } = setup();
  await state().choose("logit");
  expect(state().lens).toBe("logit");
  expect(loads).toHaveLength(0);
  await press();
  loads[0].resolve();
  await tick();
  expect(reads[0].request.lens).toBe("logit");
});

test("choose while the model loads changes the lens that will be read", async () => {
  const { state, loads, asked, press } = setup();
  const { reading } = await press();
  shownOnPage(state().choose("logit"));
  await tick();
  expect(state().progress.status).toBe("loading");
  loads[0].resolve();
  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  await tick();
  expect(asked()).toEqual(["example, logit"]);
  expect(loads).toHaveLength(1);
});

test("choose asks the engine for a lens that was not read yet once, then switches at once", async () => {
  const { state, reads, readAlone, asked } = setup();
  await readAlone();
  shownOnPage(state().choose("logit"));
  await tick();
  expect(reads[1].request).toEqual({ ...reads[0].request, lens: "logit" });
  reads[1].resolve();
  await tick();
  expect(state().reading?.lens.kind).toBe("logit");
  await state().choose("tuned");
  expect(state().reading?.lens.kind).toBe("tuned");
  await state().choose("logit");
  await pass(1000);
  expect(state().reading?.lens.kind).toBe("logit");
  expect(asked()).toEqual(["example, tuned", "example, logit"]);
});

test("choose shows the logit lens's reading that came beside the other, without the engine", async () => {
  const { state, reads, ready } = setup();
  await ready();
  const { logit } = state();
  await state().choose("logit");
  expect(state().reading).toBe(logit);
  expect(state()).toMatchObject({ lens: "logit", elapsedMs: null });
  await pass(1000);
  expect(reads).toHaveLength(0);
});

test("choose reads anew where the known reading lists another number of tokens", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  await press({ topK: 3 });
  shownOnPage(state().choose("logit"));
  await tick();
  expect(reads[1].request).toEqual({ prompt: "example", lens: "logit", topK: 3 });
});

test("choose takes the prompt that is read now, not the one in the box", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  await press({ prompt: "running" });
  state().edit("typed since");
  shownOnPage(state().choose("logit"));
  await tick();
  expect(reads[1].request).toMatchObject({ prompt: "running", lens: "logit" });
});

test("choose goes back to a known reading while another lens is being read", async () => {
  const { state, readAlone } = setup();
  await readAlone();
  const switching = shownOnPage(state().choose("logit"));
  await tick();
  await state().choose("tuned");
  await switching;
  expect(state()).toMatchObject({ lens: "tuned", progress: { status: "idle" } });
});

test("choose of a known lens leaves a read alone that begins while the engine still cancels", async () => {
  const { state, reads, cancel, press, readAlone } = setup();
  await readAlone();
  const switching = shownOnPage(state().choose("logit"));
  await tick();
  const { promise, resolve } = later<void>();
  cancel.mockReturnValueOnce(promise);
  const back = state().choose("tuned");
  await press({ prompt: "newer" });
  resolve();
  await Promise.all([switching, back, tick()]);
  expect(state()).toMatchObject({ prompt: "newer", progress: { status: "reading" } });
  reads.at(-1)?.resolve();
  await tick();
  expect(state()).toMatchObject({ reading: { prompt: "newer" }, progress: { status: "idle" } });
});

test("cancel during a load says how far it came, and Read takes it up again", async () => {
  const { state, loads, press } = setup();
  const { reading } = await press();
  const load: LoadProgress = {
    status: "downloading",
    name: "tiny",
    loadedBytes: 41,
    totalBytes: 100,
    bytesPerSecond: 7,
  };
  loads[0].report(load);
  state().cancel();
  expect(state().progress).toEqual({ status: "cancelled", load });
  await expect(reading).rejects.toMatchObject({ name: "AbortError" });
  expect(state().progress.status).toBe("cancelled");
  await press();
  expect(loads).toHaveLength(2);
  expect(state().progress.status).toBe("loading");
});

test("cancel of a load that waits for an older one to end keeps it from starting", async () => {
  const { state, loads } = setup();
  for (const _ of [1, 2]) {
    shownOnPage(state().read());
    state().cancel();
  }
  await tick();
  expect(loads).toHaveLength(0);
  expect(state().progress.status).toBe("cancelled");
});

test("cancel during a read goes back to the last reading", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  await press({ prompt: "next" });
  reads[0].partial(reads[0].reading(1));
  expect(state().reading?.prompt).toBe("next");
  state().cancel();
  await tick();
  expect(state().progress).toEqual({ status: "cancelled", load: null });
  expect(state().reading?.prompt).toBe("example");
  expect(state().logit?.prompt).toBe("example");
  expect(state().prompt).toBe("next");
});

test("cancel where nothing is under way does nothing", async () => {
  const { state, cancel, ready } = setup();
  await ready();
  const before = state();
  before.cancel();
  expect(state()).toBe(before);
  expect(cancel).not.toHaveBeenCalled();
});

test("a bug reaches the caller and leaves the page usable", async () => {
  const { state, reads, press, ready } = setup();
  await ready();
  const { reading } = await press();
  reads[0].reject(new TypeError("x is not a function"));
  await expect(reading).rejects.toThrow(TypeError);
  await expect(shownOnPage(reading)).rejects.toThrow(TypeError);
  expect(state().progress.status).toBe("idle");
});

// The logit lens's reading, beside the other.
