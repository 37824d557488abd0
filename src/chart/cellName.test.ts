import { expect, test } from "vitest";

import type { Row } from "../lens/backend";
import type { Reading } from "../lens/reading";
import { defaultView, type View } from "../lens/view";
import { cellName, rowName } from "./cellName";

const unread = Number.NaN;

/** After " France" and "\n", layers 7 and 8; layer 8 is not computed after the newline. */
const reading: Reading = {
  backend: "wasm",
  model: { name: "tiny", family: "llama", nLayers: 9, dModel: 4, vocab: 49_152, sha256: "ab" },
  lens: { kind: "tuned", name: "closed form", sha256: "cd" },
  prompt: " France\n",
  tokens: [
    { id: 3, text: " France" },
    { id: 4, text: "\n" },
  ],
  targets: [4, null],
  rows: [7, 8, "output"],
  withoutLens: [],
  statistics: {
    entropy: Float32Array.of(1.386294, 0.5, 2, unread, 0, 0),
    klFromFinal: Float32Array.of(0.314, 13.336, 0.2, unread, 0, 0),
    maxProb: Float32Array.of(0.6183, 0.0004, 0.5, unread, 1, 1),
    crossEntropy: Float32Array.of(2.5, unread, 103.5, unread, 0.5, unread),
    rank: Float32Array.of(1234, unread, 1, unread, 2, unread),
    finalTopLogProb: new Float32Array(6),
  },
  topK: {
    k: 1,
    ids: Int32Array.of(1, 2, 1, 0, 1, 2),
    logProbs: Float32Array.of(Math.log(0.6183), -9, Math.log(0.5), unread, -1e-9, -1),
    finalLogProbs: new Float32Array(6),
  },
  texts: new Map([
    [1, " Paris"],
    [2, '"\u200B'],
  ]),
  progress: { done: 5, all: 6 },
};
const at = (row: 7 | 8 | "output", position: number, view: Partial<View> = {}) =>
  cellName(reading, { row, position }, { ...defaultView, ...view });

test("cellName is the contract's sentence", () => {
  expect(at(7, 0)).toBe('layer 7, after " France": " Paris", probability 0.62, KL 0.31 nats');
});

test("cellName says each statistic, in bits where it has a unit", () => {
  const name = (view: Partial<View>) => at(7, 0, view).replace(/^.*probability 0\.62, /, "");
  expect(name({ unit: "bits" })).toBe("KL 0.45 bits");
  expect(name({ statistic: "entropy" })).toBe("entropy 1.39 nats");
  expect(name({ statistic: "entropy", unit: "bits" })).toBe("entropy 2.00 bits"); // 2 ln 2
  expect(name({ statistic: "crossEntropy" })).toBe("cross entropy 2.50 nats");
  expect(name({ statistic: "crossEntropy", unit: "bits" })).toBe("cross entropy 3.61 bits");
  for (const unit of ["nats", "bits"] as const) {
    expect(name({ statistic: "rank", unit })).toBe("rank 1,234");
    expect(name({ statistic: "maxProb", unit })).toBe("max probability 0.618");
  }
});

test("cellName rounds a large number less finely", () => {
  expect(at(7, 1)).toContain("KL 13.3 nats");
  expect(at(8, 0, { statistic: "crossEntropy" })).toContain("cross entropy 104 nats");
});

test("cellName of the output row says output", () => {
  expect(at("output", 0)).toBe('output, after " France": " Paris", probability 1.00, KL 0.00 nats');
});

test("cellName says where a cell is not computed yet", () => {
  expect(at(8, 1)).toBe('layer 8, after "\\n": not computed yet');
});

test("cellName says where the lens has no such layer, whatever is looked at", () => {
  const lacking = { ...reading, withoutLens: [8] };
  for (const statistic of ["klFromFinal", "rank"] as const) {
    const name = (row: Row) =>
      cellName(lacking, { row, position: 0 }, { ...defaultView, statistic });
    expect(name(8)).toBe('layer 8, after " France": no lens here');
    expect(name(7)).toContain('layer 7, after " France": " Paris", probability 0.62');
    expect(name("output")).toContain('output, after " France": " Paris"');
  }
});

test("cellName says where there is no next token", () => {
  expect(at(7, 1, { statistic: "crossEntropy" })).toMatch(/, cross entropy of no next token$/);
  expect(at(7, 1, { statistic: "rank", unit: "bits" })).toMatch(/, rank of no next token$/);
});

test("cellName quotes tokens so that quotes and invisible characters are heard", () => {
  expect(at(7, 1)).toBe('layer 7, after "\\n": "\\"⟨U+200B⟩", probability 0.00, KL 13.3 nats');
});

test("rowName says layer, but of the output row", () => {
  expect([0, 29, "output" as const].map(rowName)).toEqual(["layer 0", "layer 29", "output"]);
});
