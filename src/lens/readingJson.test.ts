import { describe, expect, test } from "vitest";

import type { Reading } from "./reading";
import { toJson, wellFormed } from "./readingJson";

const app = { name: "midthought", version: "0.1.0" };

/** Two positions, one layer and the output row, two tokens a cell. */
const reading: Reading = {
  backend: "wasm",
  model: { name: "tiny", family: "llama", nLayers: 1, dModel: 4, vocab: 8, sha256: "ab" },
  lens: { kind: "tuned", name: "closed form", sha256: "cd" },
  prompt: "Hi é",
  tokens: [
    { id: 5, text: "Hi" },
    { id: 6, text: " \uDCC3" },
  ],
  targets: [6, null],
  rows: [0, "output"],
  withoutLens: [],
  statistics: {
    entropy: Float32Array.of(1.234567, 0, 0.5, 2),
    klFromFinal: Float32Array.of(12.34567, 0.0001234567, 0, 0),
    maxProb: Float32Array.of(0.75, 0.5, 0.25, 1),
    crossEntropy: Float32Array.of(3, Number.NaN, 1, Number.NaN),
    rank: Float32Array.of(49152, Number.NaN, 1, Number.NaN),
    finalTopLogProb: Float32Array.of(-0.123456, -12.34567, -0.5, -0),
  },
  topK: {
    k: 2,
    ids: Int32Array.of(1, 2, 3, 4, 1, 2, 3, 4),
    logProbs: Float32Array.of(-0.25, -1.50004, -0.5, -2, -0.125, -3, Number.NaN, Number.NaN),
    finalLogProbs: Float32Array.of(-0.125, -3, -1, -2, -0.125, -3, Number.NaN, Number.NaN),
  },
  texts: new Map([
    [1, " Paris"],
    [2, "\n"],
    [3, "\uDCE2\uDC80"],
    [4, "é"],
  ]),
  progress: { done: 4, all: 4 },
};

describe("toJson", () => {
  const json = toJson(reading, app);

  test("says who computed what, in the order of the contract", () => {
    expect(Object.keys(json)).toEqual([
      "format",
      "app",
      "model",
      "lens",
      "prompt",
      "tokens",
      "targets",
      "rows",
      "unit",
      "statistics",
      "topK",
    ]);
    expect(json).toMatchObject({
      format: "midthought-reading/1",
      app: { name: "midthought", version: "0.1.0", backend: "wasm" },
      model: { name: "tiny", family: "llama", nLayers: 1, dModel: 4, vocab: 8, sha256: "ab" },
      lens: { kind: "tuned", name: "closed form", sha256: "cd" },
      prompt: "Hi é",
      targets: [6, null],
      rows: [0, "output"],
      unit: "nats",
    });
  });

  test("rounds statistics to 5 significant digits and log-probabilities to 4 decimals", () => {
    expect(json.statistics.entropy).toEqual([
      [1.2346, 0],
      [0.5, 2],
    ]);
    expect(json.statistics.klFromFinal[0]).toEqual([12.346, 0.00012346]);
    expect(json.statistics.finalTopLogProb).toEqual([
      [-0.1235, -12.3457],
      [-0.5, 0],
    ]);
    expect(json.topK[0][0][1].logProb).toBe(-1.5);
  });

  test("writes null where there is no next token, and leaves out what is not computed", () => {
    expect(json.statistics.crossEntropy).toEqual([
      [3, null],
      [1, null],
    ]);
    expect(json.statistics.rank[0]).toEqual([49152, null]);
    expect(json.statistics).not.toHaveProperty("klToFinal");
    expect(json.topK[1][1]).toEqual([]);
  });

  test("keeps a row without a lens in its place, with nulls and empty lists", () => {
    const nothing = (values: Float32Array) => values.map((x, at) => (at < 2 ? Number.NaN : x));
    const { statistics, topK } = reading;
    const written = toJson(
      {
        ...reading,
        withoutLens: [0],
        statistics: {
          entropy: nothing(statistics.entropy),
          klFromFinal: nothing(statistics.klFromFinal),
          maxProb: nothing(statistics.maxProb),
          crossEntropy: nothing(statistics.crossEntropy),
          rank: nothing(statistics.rank),
          finalTopLogProb: nothing(statistics.finalTopLogProb),
        },
        topK: { ...topK, logProbs: topK.logProbs.map((x, at) => (at < 4 ? Number.NaN : x)) },
      },
      app,
    );
    expect(written.rows).toEqual([0, "output"]);
    for (const [name, table] of Object.entries(written.statistics)) {
      expect(table[0], name).toEqual([null, null]);
      expect(table[1], name).toEqual(json.statistics[name as keyof typeof statistics][1]);
    }
    expect(written.topK).toEqual([[[], []], json.topK[1]]);
    expect(Object.keys(written)).toEqual(Object.keys(json));
  });

  test("lists tokens likeliest first, with the output row's log-probability beside", () => {
    expect(json.topK[0][0][0]).toEqual({
      id: 1,
      text: " Paris",
      logProb: -0.25,
      finalLogProb: -0.125,
    });
  });

  test("writes bytes that are no whole character as U+FFFD", () => {
    expect(json.tokens[1]).toEqual({ id: 6, text: " \uFFFD" });
    expect(json.topK[0][1][0].text).toBe("\uFFFD"); // E2 80 begins one character
  });

  test("survives JSON unchanged", () => {
    expect(JSON.parse(JSON.stringify(json))).toEqual(json);
  });
});

test("wellFormed replaces lone surrogates and keeps pairs", () => {
  expect(wellFormed("a\uD83D b😀")).toBe("a\uFFFD b😀");
});
