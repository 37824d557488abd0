import { expect, test } from "vitest";

import { NoLensError, PromptError } from "../errors";
import type { Reading } from "../lens/reading";
import { lensNamed, other } from "./engineTesting";
import type { ReadingState } from "./readingState";
import { shownOnPage } from "./readingStore";
import { holdTime, type Page, pass, recorded, setup, tick, typingMs } from "./storeTesting";

holdTime();

const own = "closed form";

/** A page that has read its example with its own lens, and has another one of its kind open. */
async function withTwo() {
  const page = setup();
  await page.ready();
  await page.state().know(page.openHere(lensNamed("mine")));
  return page;
}

/** Chooses a lens and lets the engine read with it. */
async function readWith({ state, reads }: Page, ...lens: Parameters<ReadingState["choose"]>) {
  const chosen = shownOnPage(state().choose(...lens));
  await tick();
  reads.at(-1)?.resolve();
  await chosen;
  await tick();
}

/** Closes a lens, as the page hears of it. */
async function close({ state, engine }: Page, name: string) {
  await engine.closeLens(name);
  void shownOnPage(state().know(await engine.info()));
  await tick();
}

const shown = ({ state }: Page) => state().reading?.lens.name;

test("choose of a name reads with that lens, where another of its kind is in use", async () => {
  const page = await withTwo();
  const { state, reads } = page;
  expect(state().nameInUse()).toBe(own);
  shownOnPage(state().choose("tuned", "mine"));
  await tick();
  expect(reads.map(({ request }) => request)).toEqual([{ prompt: "example", lens: "mine" }]);
  expect(state()).toMatchObject({ lens: "tuned", lensNames: { tuned: "mine" } });
  reads[0].resolve();
  await tick();
  expect(shown(page)).toBe("mine");
  expect(state().nameInUse()).toBe("mine");
  expect(state().logit).toMatchObject({ lens: { kind: "logit" } }); // still beside it
});

test("choose between two lenses that have read the prompt reads nothing", async () => {
  const page = await withTwo();
  const { state, reads } = page;
  await readWith(page, "tuned", "mine");
  const mine = state().reading;
  reads.length = 0;
  await state().choose("tuned", own);
  expect(shown(page)).toBe(own);
  await state().choose("tuned", "mine");
  expect(state().reading).toBe(mine);
  await pass(1000);
  expect(reads).toHaveLength(0);
});

test("choose of a kind goes back to the lens that was in use of it", async () => {
  const page = await withTwo();
  const { state, reads } = page;
  await readWith(page, "tuned", "mine");
  reads.length = 0;
  await state().choose("logit");
  expect(state().nameInUse()).toBeNull();
  await state().choose("tuned");
  expect(shown(page)).toBe("mine");
  expect(reads).toHaveLength(0);
});

test("read and edit go on with the lens that was chosen by its name", async () => {
  const page = await withTwo();
  const { state, reads, press } = page;
  await readWith(page, "tuned", "mine");
  await press({ prompt: "next" });
  state().edit("typed");
  await pass(typingMs);
  expect(reads.slice(-2).map(({ request }) => request.lens)).toEqual(["mine", "mine"]);
});

test("choose of a name before anything was read says with which lens that will be", async () => {
  const { state, loads, reads, press, openHere } = setup();
  openHere(lensNamed("mine"), lensNamed("yours"));
  const loaded = state().load();
  await tick();
  loads[0].resolve();
  await loaded;
  expect(state().nameInUse()).toBe("yours"); // as the engine does: the newest
  await state().choose("tuned", "mine");
  expect(state().nameInUse()).toBe("mine");
  expect(reads).toHaveLength(0);
  await press();
  expect(reads[0].request.lens).toBe("mine");
});

test("choose of a lens that then cannot be read goes back to the one in use", async () => {
  const page = await withTwo();
  const { state, reads } = page;
  shownOnPage(state().choose("tuned", "mine"));
  await tick();
  reads[0].reject(new PromptError("The prompt is too long."));
  await tick();
  expect(state()).toMatchObject({ lens: "tuned", progress: { status: "failed" } });
  expect(shown(page)).toBe(own);
  expect(state().nameInUse()).toBe(own);
});

test("choose of a kind of which no lens is open is refused, and what is on screen stays", async () => {
  const { state, reads, ready } = setup();
  await ready();
  const before = state();
  await state().choose("jacobian");
  expect(state().refusal).toBeInstanceOf(NoLensError);
  expect(state().refusal?.message).toBe(
    "No Jacobian lens is open. Open its .pt file, or its .safetensors or .npz, or keep reading with the tuned lens.",
  );
  expect(state()).toEqual({ ...before, refusal: state().refusal });
  expect(reads).toHaveLength(0);
});

test("choose of a Jacobian lens before any model is loaded is refused, of the tuned lens it is not", async () => {
  const { state } = setup({ lens: "logit" });
  await state().choose("jacobian");
  expect(state()).toMatchObject({ lens: "logit", refusal: { name: "NoLensError" } });
  await state().choose("tuned"); // it comes with the model
  expect(state()).toMatchObject({ lens: "tuned", refusal: null });
});

test("choose of a tuned lens is refused where the model in use has none", async () => {
  const { state, ready } = setup();
  await ready(); // what the model before has read does not count
  await state().replaceModel(async () => other);
  await state().choose("tuned");
  expect(state()).toMatchObject({ lens: "logit", lensNames: {} });
  expect(state().refusal?.message).toBe(
    "No tuned lens is open. Open its params.pt, .safetensors or .npz file, or keep reading with the logit lens.",
  );
});

test("choose between a file's lenses reads nothing, whatever they are called and whatever is open", async () => {
  const page = setup();
  const { state, reads, ready } = page;
  await ready();
  const [tuned, logit] = recorded("shown", "tuned", "logit");
  const theirs: Reading = { ...tuned, lens: { ...tuned.lens, name: "theirs" } };
  state().show([theirs, logit], { kind: "file", name: "a.json" });
  expect(state().nameInUse()).toBe(own); // theirs is not open
  await state().choose("logit");
  expect(state().reading).toBe(logit);
  void shownOnPage(state().choose("tuned"));
  await tick();
  expect(state().reading).toBe(theirs);
  expect(reads).toHaveLength(0);
});

// Lenses that are closed.

test("know of a lens more, or of one less that is not in use, leaves what is on screen", async () => {
  const page = await withTwo();
  const { state, reads } = page;
  const { reading } = state();
  expect(state().info?.lenses.map(({ name }) => name)).toEqual([own, "mine"]);
  await close(page, "mine");
  expect(state().info?.lenses.map(({ name }) => name)).toEqual([own]);
  expect(state().reading).toBe(reading);
  expect(reads).toHaveLength(0);
});

test("know after the lens in use was closed goes on with another of its kind", async () => {
  const page = await withTwo();
  const { state, reads, openHere } = page;
  await state().know(openHere(lensNamed("jacobian one"))); // is newer, and of another kind
  await readWith(page, "tuned", "mine");
  await close(page, "mine");
  expect(shown(page)).toBe(own); // it has read the prompt before
  expect(state()).toMatchObject({ lens: "tuned", lensNames: { tuned: own } });
  expect(reads).toHaveLength(1);
});

test("know after the lens in use was closed reads with another where that has not read the prompt", async () => {
  const page = await withTwo();
  const { reads, press, asked } = page;
  await readWith(page, "tuned", "mine");
  await press({ prompt: "next" });
  reads.at(-1)?.resolve();
  await pass(1000);
  reads.length = 0;
  await close(page, "mine");
  expect(asked()).toEqual(["next, tuned"]);
});

test("know after the only lens of its kind was closed goes on with the page's own", async () => {
  const page = setup();
  await page.ready();
  await page.state().know(page.openHere(lensNamed("jacobian one")));
  await readWith(page, "jacobian");
  expect(shown(page)).toBe("jacobian one");
  await close(page, "jacobian one");
  expect(shown(page)).toBe(own);
  expect(page.state()).toMatchObject({ lens: "tuned", refusal: null });
});

test("know after the last lens was closed goes on with the logit lens", async () => {
  const page = setup();
  const { state, engine, models, press, reads } = page;
  const opened = state().replaceModel((report) => engine.openModel(null, "auto", report));
  await tick();
  models[0].resolve({ ...other, lenses: [lensNamed("mine")] });
  await opened;
  await press();
  reads[0].resolve();
  await pass(1000);
  await close(page, "mine");
  expect(page.asked().at(-1)).toBe("example, logit");
  expect(state().lens).toBe("logit");
});

test("know after the last lens was closed goes on with the logit lens, also where nothing was read", async () => {
  const page = setup();
  const { state, engine, models, press } = page;
  const opened = state().replaceModel((report) => engine.openModel(null, "auto", report));
  await tick();
  models[0].resolve({ ...other, lenses: [lensNamed("mine")] });
  await opened;
  await close(page, "mine");
  expect(state().lens).toBe("logit");
  await press();
  expect(page.asked()).toEqual(["example, logit"]);
});

test("know leaves a file's reading on screen, also after the lens in use was closed", async () => {
  const page = await withTwo();
  const { state, reads } = page;
  await readWith(page, "tuned", "mine");
  const [filed] = recorded("filed", "tuned");
  state().show([filed], { kind: "file", name: "a.json" });
  reads.length = 0;
  await close(page, "mine");
  expect(state().reading).toBe(filed);
  expect(reads).toHaveLength(0);
  expect(state().nameInUse()).toBe(own);
});

test("know ends the read that is under way with the lens that was closed", async () => {
  const page = await withTwo();
  const { state, reads } = page;
  const chosen = shownOnPage(state().choose("tuned", "mine"));
  await tick();
  await close(page, "mine");
  reads[0].resolve();
  await chosen;
  await pass(1000);
  expect(shown(page)).toBe(own);
  expect(state()).toMatchObject({ progress: { status: "idle" } });
});

test("know after a lens was closed that was read with by its kind goes on with another", async () => {
  const page = setup();
  const { state, loads, reads, press, openHere } = page;
  openHere(lensNamed("mine"));
  await press();
  loads[0].resolve();
  await tick();
  expect(reads[0].request.lens).toBe("tuned"); // the newest, which the engine names
  reads[0].resolve();
  await tick();
  expect(shown(page)).toBe("mine");
  await close(page, "mine");
  expect(reads.at(-1)?.request.lens).toBe(own);
  expect(state().nameInUse()).toBe(own);
});

test("choose does not show the reading of a lens that was closed meanwhile", async () => {
  const page = await withTwo();
  const { state } = page;
  await readWith(page, "tuned", "mine");
  await state().choose("logit");
  await close(page, "mine");
  void shownOnPage(state().choose("tuned"));
  await tick();
  expect(shown(page)).not.toBe("mine");
});

test("choose reads anew with a lens that has the name of one that was closed", async () => {
  const page = await withTwo();
  const { state, reads, openHere } = page;
  await readWith(page, "tuned", "mine");
  await close(page, "mine");
  await state().know(openHere(lensNamed("mine", { sha256: "e".repeat(64) })));
  reads.length = 0;
  await readWith(page, "tuned", "mine");
  expect(reads.map(({ request }) => request.lens)).toEqual(["mine"]);
  expect(state().reading?.lens.sha256).toBe("e".repeat(64));
});
