import { expect, test } from "vitest";

import type { Reading } from "../lens/reading";
import { createShelf, type Shelved, type Source } from "./shelf";

const live: Source = { kind: "live" };

/** A reading of the output row of one token. */
function shelved(
  lens: "logit" | "tuned",
  options: {
    readonly name?: string;
    readonly id?: number;
    readonly k?: number;
    readonly sha256?: string;
    readonly source?: Source;
  } = {},
): Shelved {
  const { name = lens, id = 1, k = 10, sha256 = "ab", source = live } = options;
  const one = new Float32Array(1);
  const list = new Float32Array(k);
  const reading: Reading = {
    backend: "wasm",
    model: { name: "tiny", family: "llama", nLayers: 0, dModel: 4, vocab: 8, sha256 },
    lens: { kind: lens, name, sha256: null },
    prompt: "a",
    tokens: [{ id, text: "a" }],
    targets: [null],
    rows: ["output"],
    withoutLens: [],
    statistics: {
      entropy: one,
      klFromFinal: one,
      maxProb: one,
      crossEntropy: one,
      rank: one,
      finalTopLogProb: one,
    },
    topK: { k, ids: new Int32Array(k), logProbs: list, finalLogProbs: list },
    texts: new Map(),
    progress: { done: 1, all: 1 },
  };
  return { request: { prompt: "a", lens }, reading, source, elapsedMs: null };
}

test("of gives the reading that was put in for a lens, null where there is none", () => {
  const shelf = createShelf();
  expect(shelf.of("tuned")).toBeNull();
  const tuned = shelved("tuned");
  const logit = shelved("logit");
  shelf.put(tuned);
  expect(shelf.of("logit")).toBeNull();
  shelf.put(logit);
  expect([shelf.of("tuned"), shelf.of("logit")]).toEqual([tuned, logit]);
});

test("put replaces an older reading of its lens", () => {
  const shelf = createShelf();
  shelf.put(shelved("tuned"));
  shelf.put(shelved("logit"));
  const newer = shelved("tuned");
  shelf.put(newer);
  expect(shelf.of("tuned")).toBe(newer);
  expect(shelf.of("logit")).not.toBeNull();
});

test.each([
  ["other tokens", { id: 2 }],
  ["another model", { sha256: "cd" }],
  ["another source", { source: { kind: "recorded" } }],
  ["a file as its source", { source: { kind: "file", name: "a.json" } }],
] as const)("put makes room for a reading with %s", (_, options) => {
  const shelf = createShelf();
  shelf.put(shelved("logit"));
  const tuned = shelved("tuned", options);
  shelf.put(tuned);
  expect(shelf.of("logit")).toBeNull();
  expect(shelf.of("tuned")).toBe(tuned);
});

test("put keeps a reading with another number of likeliest tokens", () => {
  const shelf = createShelf();
  const logit = shelved("logit", { k: 3 });
  shelf.put(logit);
  shelf.put(shelved("tuned", { k: 5 }));
  expect(shelf.of("logit")).toBe(logit);
});

test("put keeps what is of the same file, and makes room for a file with another name", () => {
  const fileOf = (name: string) => ({ source: { kind: "file", name } }) as const;
  const shelf = createShelf();
  const logit = shelved("logit", fileOf("a.json"));
  shelf.put(logit);
  shelf.put(shelved("tuned", fileOf("a.json")));
  expect(shelf.of("logit")).toBe(logit);
  shelf.put(shelved("tuned", fileOf("b.json")));
  expect(shelf.of("logit")).toBeNull();
});

test("of gives the reading of the lens of that name, or of a kind the newest", () => {
  const shelf = createShelf();
  const [mine, yours] = ["mine", "yours"].map((name) => shelved("tuned", { name }));
  for (const one of [mine, yours, shelved("logit")]) shelf.put(one);
  expect([shelf.of("mine"), shelf.of("yours")]).toEqual([mine, yours]);
  expect(shelf.of("tuned")).toBe(yours);
  expect(shelf.of("theirs")).toBeNull();
  const again = shelved("tuned", { name: "mine" });
  shelf.put(again);
  expect(shelf.of("mine")).toBe(again);
  expect(shelf.of("tuned")).toBe(again);
  expect(shelf.of("yours")).toBe(yours);
});

test("of a kind gives no reading of another kind, whatever a file calls its lenses", () => {
  const shelf = createShelf();
  const tuned = shelved("tuned", { name: "logit" });
  shelf.put(tuned);
  expect(shelf.of("logit")).toBeNull();
  const logit = shelved("logit", { name: "logit" });
  shelf.put(logit);
  expect([shelf.of("tuned"), shelf.of("logit")]).toEqual([tuned, logit]);
});

test("clear forgets every reading", () => {
  const shelf = createShelf();
  for (const lens of ["tuned", "logit"] as const) shelf.put(shelved(lens));
  shelf.clear();
  expect([shelf.of("tuned"), shelf.of("logit")]).toEqual([null, null]);
});
