import { expect, test } from "vitest";

import type { Row } from "../lens/backend";
import { openingCell } from "../lens/cells";
import type { Reading } from "../lens/reading";
import { everyStatistic } from "../lens/testing";
import { defaultView } from "../lens/view";
import { createViewStore } from "./viewStore";

const nLayers = 6;

/**
 * A reading of a text's characters with 6 layers: from layer `since` on its lens says what the model
 * says after the last one. Of one that is not whole only the output row is there.
 */
function readingOf(
  text: string,
  options: {
    readonly since?: Row;
    readonly lens?: "logit" | "tuned";
    readonly isWhole?: boolean;
  } = {},
): Reading {
  const { since = 3, lens = "tuned", isWhole = true } = options;
  const tokens = [...text].map((text) => ({ id: text.charCodeAt(0), text }));
  const n = tokens.length;
  const all = (nLayers + 1) * n;
  const first = since === "output" ? nLayers : since;
  const values = () =>
    Float32Array.from({ length: all }, (_, i) => (isWhole || i >= nLayers * n ? 0 : Number.NaN));
  return {
    backend: "wasm",
    model: { name: "tiny", family: "llama", nLayers, dModel: 4, vocab: 8, sha256: "ab" },
    lens: { kind: lens, name: lens, sha256: null },
    prompt: text,
    tokens,
    targets: tokens.map((_, i) => tokens[i + 1]?.id ?? null),
    rows: [...Array(nLayers).keys(), "output"],
    withoutLens: [],
    statistics: everyStatistic(values),
    topK: {
      k: 1,
      ids: Int32Array.from({ length: all }, (_, i) => (Math.floor(i / n) >= first ? 7 : 1)),
      logProbs: values(),
      finalLogProbs: values(),
    },
    texts: new Map(),
    progress: { done: isWhole ? all : n, all },
  };
}

function setup(options?: Parameters<typeof createViewStore>[0]) {
  const store = createViewStore(options);
  return { ...store.getState(), state: () => store.getState() };
}

test("nothing is pointed at before something was read", () => {
  const { state, pin } = setup();
  expect(state()).toMatchObject({ here: null, isPinned: false, view: defaultView, notice: null });
  pin(true);
  expect(state().isPinned).toBe(false);
});

test("follow opens on the last position, at the first layer that keeps saying the final token", () => {
  const { state, follow } = setup();
  follow(readingOf("abc", { since: 2 }));
  expect(state()).toMatchObject({ here: { row: 2, position: 2 }, isPinned: false });
});

test("follow opens on the output row where no layer says the final token", () => {
  const { state, follow } = setup();
  follow(readingOf("abc", { since: "output" }));
  expect(state().here).toEqual({ row: "output", position: 2 });
});

test("follow opens on the output row until the reading is whole", () => {
  const { state, follow } = setup();
  follow(readingOf("abc", { isWhole: false }));
  expect(state().here).toEqual({ row: "output", position: 2 });
  follow(readingOf("abc"));
  expect(state().here).toEqual({ row: 3, position: 2 });
});

test("follow opens on a row that is drawn", () => {
  const { state, follow } = setup({ view: { ...defaultView, stride: 4 } });
  const reading = readingOf("abc", { since: 2 });
  follow(reading);
  expect(state().here).toEqual({ row: 5, position: 2 }); // drawn are output, 5, 1 and 0
  expect(state().here).toEqual(openingCell(reading, 4));
});

test("follow opens on no row that the lens lacks, and leaves a visitor on one", () => {
  const { state, follow, look, point } = setup();
  const lacking = { ...readingOf("abc", { since: 2 }), withoutLens: [2, 4, 5] };
  follow(lacking);
  expect(state().here).toEqual({ row: 3, position: 2 });
  look({ stride: 4 }); // drawn are output, 5, 1 and 0
  expect(state().here).toEqual({ row: "output", position: 2 });
  look({ stride: 1 });
  point({ row: 4, position: 0 });
  follow({ ...lacking });
  expect(state().here).toEqual({ row: 4, position: 0 });
});

test("follow moves along with the typing, though a cell was pointed at", () => {
  const { state, follow, point } = setup();
  follow(readingOf("abc"));
  point({ row: 1, position: 0 });
  follow(readingOf("abcd", { since: 4 }));
  expect(state().here).toEqual({ row: 4, position: 3 });
});

test("follow leaves a pinned cell where it is while one types", () => {
  const { state, follow, point, pin } = setup();
  follow(readingOf("abc"));
  point({ row: 1, position: 0 });
  pin(true);
  follow(readingOf("abcd", { isWhole: false }));
  follow(readingOf("abcd"));
  expect(state()).toMatchObject({ here: { row: 1, position: 0 }, isPinned: true, notice: null });
});

test("follow lets a pinned cell go when a whole reading has it no longer", () => {
  const { state, follow, pin, point } = setup();
  follow(readingOf("abc"));
  point({ row: 1, position: 2 });
  pin(true);
  follow(readingOf("ab", { isWhole: false }));
  expect(state()).toMatchObject({ here: { row: 1, position: 2 }, isPinned: true });
  follow(readingOf("ab"));
  expect(state()).toMatchObject({ here: { row: 3, position: 1 }, isPinned: false, notice: null });
});

test("follow keeps a chosen cell when the same prompt is read with another lens", () => {
  const { state, follow, point } = setup();
  follow(readingOf("abc"));
  point({ row: 1, position: 0 });
  const { here } = state();
  follow(readingOf("abc", { lens: "logit", isWhole: false }));
  follow(readingOf("abc", { lens: "logit", since: 5 }));
  expect(state().here).toBe(here);
});

test("follow goes where another lens settles as long as no cell was chosen", () => {
  const { state, follow } = setup();
  follow(readingOf("abc", { since: 2 }));
  follow(readingOf("abc", { lens: "logit", since: 5 }));
  expect(state().here).toEqual({ row: 5, position: 2 });
});

test("follow forgets that a cell was chosen once another prompt is read", () => {
  const { state, follow, point } = setup();
  follow(readingOf("abc"));
  point({ row: 1, position: 0 });
  follow(readingOf("abcd", { since: 2 }));
  follow(readingOf("abcd", { lens: "logit", since: 5 }));
  expect(state().here).toEqual({ row: 5, position: 3 });
});

test("follow keeps the same cell object where nothing moves, so that nothing is drawn anew", () => {
  const { state, follow } = setup();
  follow(readingOf("abc"));
  const { here } = state();
  follow(readingOf("xyz"));
  expect(state().here).toBe(here);
});

test("a link's pin waits for a whole reading that has it", () => {
  const { state, follow } = setup({ pin: { row: 1, position: 2 } });
  expect(state()).toMatchObject({ here: { row: 1, position: 2 }, isPinned: true });
  follow(readingOf("a", { isWhole: false }));
  expect(state()).toMatchObject({ here: { row: 1, position: 2 }, isPinned: true, notice: null });
  follow(readingOf("abc"));
  expect(state()).toMatchObject({ here: { row: 1, position: 2 }, isPinned: true, notice: null });
});

test("a link's pin is dropped with a notice where the whole reading has no such cell", () => {
  for (const pin of [
    { row: 1, position: 3 },
    { row: nLayers, position: 0 },
  ]) {
    const { state, follow } = setup({ pin });
    follow(readingOf("abc"));
    expect(state()).toMatchObject({
      here: { row: 3, position: 2 },
      isPinned: false,
      notice: "The cell that this link names is not in its reading.",
    });
  }
});

test("only a link's own reading says that its cell is missing", () => {
  const { state, follow, pin, point } = setup({ pin: { row: 1, position: 2 } });
  follow(readingOf("abc"));
  point({ row: 1, position: 2 });
  pin(true);
  follow(readingOf("a"));
  expect(state()).toMatchObject({ isPinned: false, notice: null });
});

test("link pins another link's cell, which waits anew", () => {
  const { state, follow, link } = setup();
  follow(readingOf("abc"));
  link({ row: 1, position: 9 });
  expect(state()).toMatchObject({ here: { row: 1, position: 9 }, isPinned: true });
  follow(readingOf("abcd", { isWhole: false }));
  expect(state()).toMatchObject({ isPinned: true, notice: null });
  follow(readingOf("abcd"));
  expect(state()).toMatchObject({
    isPinned: false,
    notice: "The cell that this link names is not in its reading.",
  });
});

test("link's cell stays pointed at when it is let go before its reading comes", () => {
  const { state, follow, link, pin } = setup();
  follow(readingOf("abc"));
  link({ row: 1, position: 0 });
  pin(false);
  follow(readingOf("abc", { lens: "logit" }));
  expect(state()).toMatchObject({ here: { row: 1, position: 0 }, notice: null });
});

test("link's cell gives no notice when it is let go before its reading comes", () => {
  for (const byLink of [true, false]) {
    const { state, follow, link, pin } = setup();
    link({ row: 1, position: 9 });
    if (byLink) link(null);
    else pin(false);
    expect(state().isPinned).toBe(false);
    follow(readingOf("abc"));
    expect(state()).toMatchObject({ here: { row: 3, position: 2 }, isPinned: false, notice: null });
  }
});

test("link of no cell lets the pinned one go, and the next prompt points where its reading opens", () => {
  const { state, follow, link, point, pin } = setup();
  follow(readingOf("abc"));
  point({ row: 0, position: 0 });
  pin(true);
  link(null);
  expect(state()).toMatchObject({ here: { row: 0, position: 0 }, isPinned: false });
  follow(readingOf("abcd"));
  expect(state()).toMatchObject({ here: { row: 3, position: 3 }, isPinned: false, notice: null });
});

test("look moves a cell whose row the stride hides to the next drawn row above", () => {
  const { state, follow, point, look } = setup();
  follow(readingOf("abc"));
  point({ row: 2, position: 0 });
  look({ stride: 4 }); // drawn are output, 5, 1 and 0
  expect(state()).toMatchObject({ here: { row: 5, position: 0 }, view: { stride: 4 } });
  point({ row: 0, position: 1 });
  look({ stride: 2 });
  expect(state().here).toEqual({ row: 0, position: 1 });
});

test("look moves a pinned cell too, which stays pinned", () => {
  const { state, follow, point, pin, look } = setup();
  follow(readingOf("abc"));
  point({ row: 3, position: 0 });
  pin(true);
  look({ stride: 4 });
  expect(state()).toMatchObject({ here: { row: 5, position: 0 }, isPinned: true });
});

test("look changes what it names and nothing else", () => {
  const { state, follow, point, look } = setup();
  follow(readingOf("abc"));
  point({ row: 2, position: 0 });
  const { here } = state();
  look({ unit: "bits" });
  expect(state().view).toEqual({ ...defaultView, unit: "bits" });
  expect(state().here).toBe(here);
});

test("pin holds the cell that is pointed at, and Esc's pin(false) leaves it there, unpinned", () => {
  const { state, follow, point, pin } = setup();
  follow(readingOf("abc"));
  point({ row: 4, position: 1 });
  pin(true);
  expect(state()).toMatchObject({ here: { row: 4, position: 1 }, isPinned: true });
  pin(false);
  expect(state()).toMatchObject({ here: { row: 4, position: 1 }, isPinned: false });
});

test("pin of the cell that a reading opened on makes it the visitor's choice", () => {
  const { state, follow, pin } = setup();
  follow(readingOf("abc", { since: 2 }));
  pin(true);
  pin(false);
  follow(readingOf("abc", { lens: "logit", since: 5 }));
  expect(state().here).toEqual({ row: 2, position: 2 });
});

test("note and say hold a sentence until it is taken away", () => {
  const { state, note, say } = setup({ notice: "Part of this link was ignored." });
  expect(state()).toMatchObject({ notice: "Part of this link was ignored.", said: null });
  say("Link copied.");
  note(null);
  expect(state()).toMatchObject({ notice: null, said: "Link copied." });
});
