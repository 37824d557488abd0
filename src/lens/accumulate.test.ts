import { describe, expect, test } from "vitest";

import {
  type Accumulated,
  accumulate,
  allRows,
  commonPrefix,
  type ReadingHead,
} from "./accumulate";
import type { Row, RowStatistics } from "./backend";
import { isWhole, rowsWithLens } from "./cells";
import { statisticNames } from "./reading";

const k = 2;

const head = (
  ids: readonly number[],
  rows: readonly Row[] = allRows(2),
  withoutLens: readonly number[] = [],
): ReadingHead => ({
  backend: "wasm",
  model: { name: "m", family: "llama", nLayers: 2, dModel: 4, vocab: 9, sha256: "" },
  lens: { kind: "logit", name: "logit lens", sha256: null },
  prompt: null,
  tokens: ids.map((id) => ({ id, text: `<${id}>` })),
  targets: ids.map((_, i) => ids[i + 1] ?? null),
  rows,
  withoutLens,
});

/** Some positions of a row, every statistic of each the value given; the last has no next token. */
function block(row: Row, start: number, values: readonly number[], hasNext = false): RowStatistics {
  const all = Float32Array.from(values);
  const next = all.map((x, i) => (i < values.length - 1 || hasNext ? x : Number.NaN));
  return {
    ...{ row, start, entropy: all, klFromFinal: all, maxProb: all, finalTopLogProb: all },
    ...{ crossEntropy: next, rank: next },
    topIds: Int32Array.from(values.flatMap((x) => [x, x + 1])),
    topLogProbs: Float32Array.from(values.flatMap((x) => [-x, -x])),
    topFinalLogProbs: Float32Array.from(values.flatMap((x) => [-x, -x])),
  };
}

const statisticsOf = (accumulated: Accumulated, ids: readonly number[], rows?: readonly Row[]) => {
  const { statistics, progress } = accumulated.reading(head(ids, rows), String);
  return {
    entropy: [...statistics.entropy],
    crossEntropy: [...statistics.crossEntropy],
    rank: [...statistics.rank],
    progress,
  };
};

/** The three tokens 7, 8, 9, read in every row. */
function readThree() {
  const accumulated = accumulate(k);
  accumulated.follow([7, 8, 9]);
  for (const row of ["output", 1, 0] as const) accumulated.add(block(row, 0, [1, 2, 3]));
  return accumulated;
}

describe("accumulate()", () => {
  test("a reading holds NaN where nothing was computed, and each block in its row and positions", () => {
    const accumulated = accumulate(k);
    accumulated.follow([7, 8]);
    accumulated.add(block("output", 0, [5]));
    accumulated.add(block(0, 0, [6]));
    accumulated.add(block("output", 1, [4]));
    const { statistics, topK, texts, progress } = accumulated.reading(
      head([7, 8]),
      (id) => `<${id}>`,
    );
    expect([...statistics.entropy]).toEqual([6, NaN, NaN, NaN, 5, 4]);
    expect([...topK.ids.subarray(0, 6)]).toEqual([6, 7, -1, -1, -1, -1]);
    expect([...topK.ids.subarray(10)]).toEqual([4, 5]);
    expect([...topK.finalLogProbs.subarray(0, 4)]).toEqual([-6, -6, NaN, NaN]);
    expect([...texts]).toEqual([6, 7, 5, 4].map((id) => [id, `<${id}>`]));
    expect(progress).toEqual({ done: 3, all: 6 });
  });

  test("a row without a lens stays empty, and the reading is whole without it", () => {
    const accumulated = accumulate(k);
    accumulated.follow([7, 8]);
    const wanted = head([7, 8], allRows(2), [0]);
    expect(accumulated.unread(rowsWithLens(wanted))).toEqual([{ from: 0, to: 2, layers: [1] }]);
    accumulated.add(block("output", 0, [5, 4]));
    expect(isWhole(accumulated.reading(wanted, String))).toBe(false);
    accumulated.add(block(1, 0, [3, 2]));
    accumulated.add(block(0, 0, [9, 9])); // as if it had been read all the same
    const { statistics, topK, texts, ...reading } = accumulated.reading(wanted, String);
    expect(reading).toMatchObject({ withoutLens: [0], progress: { done: 4, all: 4 } });
    for (const name of statisticNames)
      expect([...statistics[name].subarray(0, 2)], name).toEqual([NaN, NaN]);
    expect([...statistics.entropy]).toEqual([NaN, NaN, 3, 2, 5, 4]);
    expect([...topK.ids.subarray(0, 5)]).toEqual([-1, -1, -1, -1, 3]);
    expect([...topK.logProbs.subarray(0, 4)]).toEqual([NaN, NaN, NaN, NaN]);
    expect(texts.has(9)).toBe(false);
  });

  test("a reading that was taken does not change when more arrives", () => {
    const accumulated = accumulate(k);
    accumulated.follow([7]);
    const before = accumulated.reading(head([7]), String);
    accumulated.add(block(1, 0, [5]));
    expect(before.statistics.entropy[1]).toBeNaN();
    expect(before.progress.done).toBe(0);
  });

  test("at first everything is unread, the layers from the last one down", () => {
    const accumulated = accumulate(k);
    accumulated.follow([7, 8]);
    expect(accumulated.unread(allRows(3))).toEqual([{ from: 0, to: 2, layers: [2, 1, 0] }]);
    expect(accumulated.unread(["output"])).toEqual([{ from: 0, to: 2, layers: [] }]);
    expect(accumulated.outdated(allRows(3))).toEqual([]);
  });

  test("nothing is unread of tokens that were read", () => {
    const accumulated = readThree();
    accumulated.follow([7, 8, 9]);
    expect(accumulated.unread(allRows(2))).toEqual([]);
    expect(accumulated.outdated(allRows(2))).toEqual([]);
    expect(statisticsOf(accumulated, [7, 8, 9]).progress).toEqual({ done: 9, all: 9 });
  });

  test("of a token more, that one is unread, and what the one before said of its next token outdated", () => {
    const accumulated = readThree();
    accumulated.follow([7, 8, 9, 10]);
    expect(accumulated.unread(allRows(2))).toEqual([{ from: 3, to: 4, layers: [1, 0] }]);
    expect(accumulated.outdated(allRows(2))).toEqual([{ from: 2, to: 3, layers: [1, 0] }]);

    for (const row of ["output", 1, 0] as const) accumulated.add(block(row, 3, [4]));
    const ids = [7, 8, 9, 10];
    const before = statisticsOf(accumulated, ids, ["output"]);
    expect(before.entropy).toEqual([1, 2, 3, 4]);
    expect(before.crossEntropy).toEqual([1, 2, NaN, NaN]);
    expect(before.progress).toEqual({ done: 3, all: 4 });

    accumulated.addNext(block("output", 2, [30], true));
    const after = statisticsOf(accumulated, ids, ["output"]);
    expect(after.entropy).toEqual([1, 2, 3, 4]);
    expect(after.crossEntropy).toEqual([1, 2, 30, NaN]);
    expect(after.rank).toEqual([1, 2, 30, NaN]);
    expect(after.progress).toEqual({ done: 4, all: 4 });
    expect(accumulated.outdated(allRows(2))).toEqual([{ from: 2, to: 3, layers: [1, 0] }]);
  });

  test("where tokens are deleted at the end, the last one has no next token, and nothing is to be read", () => {
    const accumulated = readThree();
    accumulated.follow([7, 8]);
    expect(accumulated.unread(allRows(2))).toEqual([]);
    expect(accumulated.outdated(allRows(2))).toEqual([]);
    expect(statisticsOf(accumulated, [7, 8], ["output"])).toMatchObject({
      entropy: [1, 2],
      crossEntropy: [1, NaN],
      rank: [1, NaN],
      progress: { done: 2, all: 2 },
    });
  });

  test("where a token in the middle changes, what follows is unread", () => {
    const accumulated = readThree();
    accumulated.follow([7, 5, 9]);
    expect(accumulated.unread(allRows(2))).toEqual([{ from: 1, to: 3, layers: [1, 0] }]);
    expect(accumulated.outdated(allRows(2))).toEqual([{ from: 0, to: 1, layers: [1, 0] }]);
    expect(statisticsOf(accumulated, [7, 5, 9], [1, "output"])).toMatchObject({
      entropy: [1, NaN, NaN, 1, NaN, NaN],
      crossEntropy: [NaN, NaN, NaN, NaN, NaN, NaN],
    });
  });

  test("where the first token changes, everything is unread", () => {
    const accumulated = readThree();
    accumulated.follow([1, 8, 9]);
    expect(accumulated.unread(allRows(2))).toEqual([{ from: 0, to: 3, layers: [1, 0] }]);
    expect(accumulated.outdated(allRows(2))).toEqual([]);
  });

  test("tokens that come one by one before anything is read again leave them all outdated", () => {
    const accumulated = readThree();
    accumulated.follow([7, 8, 9, 10]);
    accumulated.add(block("output", 3, [4]));
    accumulated.follow([7, 8, 9, 10, 11]);
    expect(accumulated.outdated(["output"])).toEqual([{ from: 2, to: 4, layers: [] }]);
    accumulated.follow([7, 8, 9]);
    expect(accumulated.outdated(["output"])).toEqual([]);
    expect(statisticsOf(accumulated, [7, 8, 9], ["output"]).crossEntropy).toEqual([1, 2, NaN]);
  });

  test("a read that broke off goes on where each row was, the end of the prompt first", () => {
    const accumulated = accumulate(k);
    accumulated.follow([7, 8, 9]);
    accumulated.add(block("output", 0, [1, 2, 3]));
    accumulated.add(block(2, 0, [1, 2, 3]));
    accumulated.add(block(1, 0, [1], true));
    accumulated.follow([7, 8, 9, 10]);
    expect(accumulated.unread(allRows(3))).toEqual([
      { from: 3, to: 4, layers: [2] },
      { from: 1, to: 4, layers: [1] },
      { from: 0, to: 4, layers: [0] },
    ]);
    expect(accumulated.outdated(allRows(3))).toEqual([{ from: 2, to: 3, layers: [2] }]);
  });

  test("what is known of a position stays when it is read again with other rows", () => {
    const accumulated = readThree();
    accumulated.add(block("output", 1, [20, 30]));
    const ids = [7, 8, 9, 10];
    accumulated.follow(ids);
    expect(statisticsOf(accumulated, ids, ["output"]).entropy).toEqual([1, 2, 3, NaN]);
    accumulated.add(block("output", 1, [20, 30, 4]));
    expect(statisticsOf(accumulated, ids, ["output"]).entropy).toEqual([1, 2, 3, 4]);
    expect(accumulated.reading(head(ids, ["output"]), String).topK.ids).toEqual(
      Int32Array.of(1, 2, 2, 3, 3, 4, 4, 5),
    );
    expect(() => accumulated.add(block("output", 5, [5]))).toThrow("gap from 4 to 5");
  });
});

test("commonPrefix() counts the items that two lists begin with", () => {
  expect(commonPrefix([], [1])).toBe(0);
  expect(commonPrefix([1, 2], [1, 2])).toBe(2);
  expect(commonPrefix([1, 2, 3], [1, 2])).toBe(2);
  expect(commonPrefix([1, 2, 3], [1, 4, 3])).toBe(1);
});
