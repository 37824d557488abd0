import { describe, expect, test } from "vitest";

import {
  cellIndex,
  drawnCell,
  finalToken,
  hasCell,
  haveSameCells,
  haveSameTokens,
  isWhole,
  isWithoutLens,
  likeliestAt,
  openingCell,
  rowsWithLens,
  settlesAt,
  statisticAt,
  topTokens,
} from "./cells";
import type { Reading } from "./reading";

const unread = Number.NaN;

/**
 * Two positions, layers 0, 5 and 9, two tokens a cell. After the second token the model says 7, and
 * its lens from layer 5 on; after the first it says 1, and its lens never. Layer 0 is not computed
 * after the second token.
 */
const reading: Reading = {
  backend: "wasm",
  model: { name: "tiny", family: "llama", nLayers: 10, dModel: 4, vocab: 8, sha256: "ab" },
  lens: { kind: "tuned", name: "closed form", sha256: "cd" },
  prompt: "a of",
  tokens: [
    { id: 3, text: "a" },
    { id: 4, text: " of" },
  ],
  targets: [4, null],
  rows: [0, 5, 9, "output"],
  withoutLens: [],
  statistics: {
    entropy: Float32Array.of(0, unread, 2, 3, 4, 5, 6, 7),
    klFromFinal: Float32Array.of(10, unread, 12, 13, 14, 15, 0, 0),
    maxProb: new Float32Array(8),
    crossEntropy: Float32Array.of(1, unread, 1, unread, 1, unread, 1, unread),
    rank: new Float32Array(8),
    finalTopLogProb: new Float32Array(8),
  },
  topK: {
    k: 2,
    ids: Int32Array.of(1, 2, 0, 0, 1, 2, 7, 1, 2, 1, 7, 2, 1, 7, 7, 2),
    logProbs: Float32Array.of(
      -1,
      -2,
      unread,
      unread,
      -1,
      -2,
      -3,
      -4,
      -1,
      -2,
      -1,
      -2,
      -1,
      -2,
      -5,
      -6,
    ),
    finalLogProbs: Float32Array.of(
      ...[-1, -2, unread, unread, -1, -2, -5, -7, -1, -2, -5, -6, -1, -2, -5, -6],
    ),
  },
  texts: new Map([
    [1, " x"],
    [7, " Paris"],
  ]),
  progress: { done: 7, all: 8 },
};
const whole: Reading = { ...reading, progress: { done: 8, all: 8 } };
const at = (row: number | "output", position = 1) => ({ row, position });

test("cellIndex counts rows as the reading lists them, and positions within", () => {
  expect(cellIndex(reading, at(0, 0))).toBe(0);
  expect(cellIndex(reading, at(5))).toBe(3);
  expect(cellIndex(reading, at("output"))).toBe(7);
});

test("cellIndex and hasCell know a row that was not read and a position past the end", () => {
  expect([at(1), at(5, 2), at("output", 2)].map((cell) => cellIndex(reading, cell))).toEqual([
    -1, -1, -1,
  ]);
  expect([at(1), at(5, 2), at(5)].map((cell) => hasCell(reading, cell))).toEqual([
    false,
    false,
    true,
  ]);
});

test("statisticAt is NaN where the cell is not there or not computed", () => {
  expect(statisticAt(reading, "entropy", at(9))).toBe(5);
  expect(statisticAt(reading, "klFromFinal", at(9))).toBe(15);
  expect(statisticAt(reading, "entropy", at(0))).toBeNaN();
  expect(statisticAt(reading, "entropy", at(1))).toBeNaN();
});

test("likeliestAt is the first of a cell's tokens, −1 where it is not computed", () => {
  expect(likeliestAt(reading, cellIndex(reading, at(5)))).toBe(7);
  expect(likeliestAt(reading, cellIndex(reading, at(0)))).toBe(-1); // though its id would be 0
});

test("topTokens are a cell's own, with what the output row gives them", () => {
  expect(topTokens(reading, at(5))).toEqual([
    { id: 7, text: " Paris", logProb: -3, finalLogProb: -5 },
    { id: 1, text: " x", logProb: -4, finalLogProb: -7 },
  ]);
  expect(topTokens(reading, at(9))[1]).toMatchObject({ id: 2, text: "" }); // no text is known
});

test("topTokens are none where the cell is not there or not computed", () => {
  expect(topTokens(reading, at(0))).toEqual([]);
  expect(topTokens(reading, at(5, 2))).toEqual([]);
});

test("finalToken is the output row's likeliest, null where it is not computed", () => {
  expect(finalToken(reading, 0)).toMatchObject({ id: 1, text: " x", logProb: -1 });
  expect(finalToken(reading, 1)).toMatchObject({ id: 7, text: " Paris", logProb: -5 });
  expect(finalToken({ ...reading, rows: ["output", 5, 9, 0] }, 1)).toBeNull(); // as layer 0 was
  expect(finalToken(reading, 2)).toBeNull();
});

test("isWhole once every cell is computed", () => {
  expect([reading, whole].map(isWhole)).toEqual([false, true]);
});

describe("haveSameTokens and haveSameCells", () => {
  const otherTokens = { ...reading, tokens: [reading.tokens[0], { id: 5, text: " of" }] };
  const longer = { ...reading, tokens: [...reading.tokens, { id: 5, text: "!" }] };

  test("take a lens, layers that it lacks, and texts as no difference", () => {
    const other: Reading = {
      ...structuredClone(reading),
      lens: { kind: "logit", name: "logit lens", sha256: null },
      withoutLens: [0],
      tokens: reading.tokens.map(({ id }) => ({ id, text: "" })),
    };
    expect(haveSameTokens(reading, other)).toBe(true);
    expect(haveSameCells(reading, other)).toBe(true);
  });

  test("tell other tokens, and a longer prompt that begins the same", () => {
    for (const other of [otherTokens, longer]) {
      for (const [a, b] of [
        [reading, other],
        [other, reading],
      ]) {
        expect(haveSameTokens(a, b)).toBe(false);
        expect(haveSameCells(a, b)).toBe(false);
      }
    }
  });

  test("tell another model, which may have the same tokens", () => {
    const other = { ...reading, model: { ...reading.model, sha256: "ef" } };
    expect(haveSameTokens(reading, other)).toBe(true);
    expect(haveSameCells(reading, other)).toBe(false);
    const renamed = { ...reading, model: { ...reading.model, name: "the same file" } };
    expect(haveSameCells(reading, renamed)).toBe(true);
  });

  test("tell other rows, which are no other tokens", () => {
    for (const rows of [["output"], [0, 5, 8, "output"]] as const) {
      expect(haveSameTokens(reading, { ...reading, rows })).toBe(true);
      expect(haveSameCells(reading, { ...reading, rows })).toBe(false);
    }
  });
});

test("settlesAt is the first row from which on every row says the final token", () => {
  expect(settlesAt(whole, 1)).toBe(5);
  expect(settlesAt(whole, 0)).toBe("output"); // layers 0 and 5 said it, the last one does not
  const agreed = { ...whole, topK: { ...whole.topK, ids: new Int32Array(16).fill(1) } };
  expect(settlesAt(agreed, 0)).toBe(0);
  expect(settlesAt({ ...whole, rows: ["output"] }, 0)).toBe("output");
});

/** The same with layers that the lens has no translator for. */
function without(...withoutLens: number[]): Reading {
  const { rows, tokens, topK } = whole;
  const isEmpty = (entry: number) =>
    withoutLens.some((layer) => rows[Math.floor(entry / topK.k / tokens.length)] === layer);
  return {
    ...whole,
    withoutLens,
    topK: {
      ...topK,
      ids: topK.ids.map((id, entry) => (isEmpty(entry) ? -1 : id)),
      logProbs: topK.logProbs.map((p, entry) => (isEmpty(entry) ? unread : p)),
    },
  };
}

test("isWithoutLens and rowsWithLens tell the layers that a lens lacks, never the output row", () => {
  const lacking = without(0, 5);
  expect(lacking.rows.map((row) => isWithoutLens(lacking, row))).toEqual([
    true,
    true,
    false,
    false,
  ]);
  expect(rowsWithLens(lacking)).toEqual([9, "output"]);
  expect(rowsWithLens(whole)).toEqual(whole.rows);
});

test("settlesAt passes over rows without a lens, and ends on none", () => {
  expect(settlesAt(without(9), 1)).toBe(5);
  expect(settlesAt(without(5), 1)).toBe(9);
  expect(settlesAt(without(0, 5, 9), 1)).toBe("output");
  // Of position 0, layer 9 said another token: without it, layers 0 and 5 say the final one.
  expect(settlesAt(without(9), 0)).toBe(0);
  expect(settlesAt(without(0, 9), 0)).toBe(5);
});

test("openingCell and drawnCell go to no row without a lens, at any stride", () => {
  const rows = [...Array(12).keys(), "output" as const]; // at stride 4: output, 11, 7, 3, 0
  const tall = { ...whole, rows, withoutLens: [3, 7] };
  expect(drawnCell(tall, at(2), 4)).toEqual(at(11));
  expect(drawnCell({ ...tall, withoutLens: [3] }, at(2), 4)).toEqual(at(7));
  expect(drawnCell({ ...tall, withoutLens: [3, 7, 11] }, at(2), 4)).toEqual(at("output"));
  expect(drawnCell(tall, at(7), 4)).toEqual(at(7)); // who points at one stays there
  expect(openingCell(without(5), 1)).toEqual(at(9));
  expect(openingCell(without(9), 2)).toEqual(at("output")); // layer 5 is not drawn, nor is 9 read
});

test("openingCell is where the lens settles after the last token", () => {
  expect(openingCell(whole, 1)).toEqual({ row: 5, position: 1 });
});

test("openingCell is the output row's while the reading is not whole", () => {
  expect(openingCell(reading, 1)).toEqual({ row: "output", position: 1 });
});

test("openingCell is a drawn one", () => {
  expect(openingCell(whole, 2)).toEqual({ row: 9, position: 1 });
});

test("drawnCell keeps a cell whose row is drawn, or that the reading has not", () => {
  for (const cell of [at(9), at(0), at("output"), at(3)])
    expect(drawnCell(whole, cell, 4)).toBe(cell);
});

test("drawnCell goes to the next drawn row above, in the same column", () => {
  const rows = [...Array(30).keys(), "output" as const];
  const tall = { ...whole, rows }; // at stride 4: output, 29, 25, 21, …, 1, 0
  expect(drawnCell(tall, at(24, 0), 4)).toEqual(at(25, 0));
  expect(drawnCell(tall, at(26), 4)).toEqual(at(29));
  expect(drawnCell(tall, at(2), 4)).toEqual(at(5));
  expect(drawnCell(tall, at(28), 2)).toEqual(at(29));
});
