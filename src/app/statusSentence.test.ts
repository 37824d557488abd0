import { expect, test } from "vitest";

import type { LoadProgress } from "../engine/protocol";
import { PromptError } from "../errors";
import type { Row } from "../lens/backend";
import type { Reading } from "../lens/reading";
import {
  loadSentence,
  rowsRead,
  shareDone,
  sinceClause,
  statusSentence,
  summarySentence,
  title,
} from "./statusSentence";

const load: LoadProgress = {
  status: "downloading",
  name: "SmolLM2-135M",
  loadedBytes: 48_500_000,
  totalBytes: 118_200_000,
  bytesPerSecond: 6_400_000,
};
const preparing: LoadProgress = { status: "preparing", name: "SmolLM2-135M" };

const stand = {
  reading: null,
  isDrawn: false,
  isLoaded: false,
  offer: { name: "SmolLM2-135M", sizeBytes: 118_200_000 },
};
const failed = { status: "failed", error: new PromptError("Too long."), request: null } as const;

/** After " of" the model says " Paris"; the lens does from layer `since` of 30 on. Of 62 cells `done` are there. */
function readingThatSays(options: {
  readonly since?: number;
  readonly done?: number;
  readonly rows?: readonly Row[];
  readonly lens?: "logit" | "tuned" | "jacobian";
  readonly withoutLens?: readonly number[];
}): Reading {
  const { since = 24, done = 62, lens = "tuned", withoutLens = [] } = options;
  const { rows = [...Array(30).keys(), "output"] } = options;
  const none = new Float32Array(rows.length * 2);
  return {
    backend: "wasm",
    model: { name: "", family: "llama", nLayers: 30, dModel: 1, vocab: 9, sha256: "" },
    lens: { kind: lens, name: "", sha256: null },
    prompt: "city of",
    tokens: [
      { id: 1, text: "city" },
      { id: 2, text: " of" },
    ],
    targets: [2, null],
    rows,
    withoutLens,
    statistics: {
      entropy: none,
      klFromFinal: none,
      maxProb: none,
      crossEntropy: none,
      rank: none,
      finalTopLogProb: none,
    },
    topK: {
      k: 1,
      ids: Int32Array.from(rows.flatMap((row) => [9, row === "output" || row >= since ? 7 : 1])),
      logProbs: none.map(() => Math.log(0.7024)),
      finalLogProbs: none,
    },
    texts: new Map([[7, " Paris"]]),
    progress: { done, all: 62 - 2 * withoutLens.length },
  };
}
const whole = readingThatSays({});
const paris = { after: " of", says: " Paris", probability: 0.7024, since: 24 };

test("statusSentence tells before a first load how much it is", () => {
  for (const progress of [{ status: "idle" }, failed] as const) {
    expect(statusSentence({ ...stand, progress })).toBe(
      "Nothing has been read yet. Read loads SmolLM2-135M, 118 MB, once.",
    );
    expect(statusSentence({ ...stand, progress, isLoaded: true })).toBe(
      "Nothing has been read yet.",
    );
  }
});

test("statusSentence is what a load says, whatever is on screen", () => {
  for (const reading of [null, whole]) {
    const progress = { status: "loading", load } as const;
    expect(statusSentence({ ...stand, reading, isDrawn: true, progress })).toBe(loadSentence(load));
  }
});

test("statusSentence counts the rows of a reading that still comes", () => {
  const progress = { status: "reading" } as const;
  expect(statusSentence({ ...stand, progress })).toBe("Reading the prompt.");
  expect(statusSentence({ ...stand, progress, reading: whole })).toBe("Reading the prompt.");
  const reading = readingThatSays({ done: 7 });
  expect(statusSentence({ ...stand, progress, reading })).toBe("Reading 2 tokens: 3 of 31 rows.");
});

test("statusSentence waits for no row that the lens lacks", () => {
  const reading = (done: number) => readingThatSays({ done, withoutLens: [0, 7] });
  const at = { ...stand, progress: { status: "reading" } as const };
  expect(statusSentence({ ...at, reading: reading(7) })).toBe("Reading 2 tokens: 3 of 29 rows.");
  expect(rowsRead(reading(57))).toEqual({ done: 28, all: 29 });
  expect(shareDone(at.progress, reading(29))).toBeCloseTo(14 / 29, 12);
  expect(rowsRead(reading(58))).toBeNull();
  const drawing = { ...stand, progress: { status: "idle" } as const, reading: reading(58) };
  expect(statusSentence(drawing)).toBe("Reading 2 tokens: 29 of 29 rows.");
});

test("statusSentence says where a cancelled load or read stands", () => {
  const of = (load: LoadProgress | null) =>
    statusSentence({ ...stand, progress: { status: "cancelled", load } });
  expect(of(load)).toBe("Loading was cancelled at 48.5 of 118.2 MB. Read goes on with it.");
  const other = { ...stand, isLoaded: true, progress: { status: "cancelled", load } } as const;
  expect(statusSentence(other)).toBe("Loading was cancelled. The model in use stays.");
  expect(of(preparing)).toBe("Cancelled. Read starts again.");
  expect(of(null)).toBe("Cancelled. Read starts again.");
});

test("statusSentence leaves it to the reading once every row is on screen", () => {
  for (const progress of [{ status: "idle" }, failed] as const) {
    const at = { ...stand, progress, reading: whole, isLoaded: true };
    expect(statusSentence({ ...at, isDrawn: true })).toBeNull();
    expect(statusSentence({ ...at, isDrawn: false })).toBe("Reading 2 tokens: 31 of 31 rows.");
  }
});

test("loadSentence says bytes, speed and the time left, in decimal units", () => {
  expect(loadSentence(load)).toBe(
    "Loading SmolLM2-135M: 48.5 of 118.2 MB, 6.4 MB/s, about 11 s left.",
  );
  expect(loadSentence({ ...load, bytesPerSecond: 0 })).toBe(
    "Loading SmolLM2-135M: 48.5 of 118.2 MB.",
  );
  expect(loadSentence({ ...load, bytesPerSecond: 700_000 })).toMatch(/about 1 min 40 s left\.$/);
  expect(loadSentence(preparing)).toBe("Preparing SmolLM2-135M.");
  expect(loadSentence(null)).toBe("Loading the model.");
});

test("summarySentence says the answer, and since which layer the lens says so", () => {
  expect(summarySentence(whole)).toBe(
    "After ␣of the model says ␣Paris, 0.702; the tuned lens says so from layer 24 on.",
  );
});

test("summarySentence says where no layer does before the output", () => {
  expect(summarySentence(readingThatSays({ since: 30, lens: "logit" }))).toBe(
    "After ␣of the model says ␣Paris, 0.702; no layer of the logit lens says so before the output.",
  );
});

test("summarySentence writes Jacobian with a capital, as a name", () => {
  expect(summarySentence(readingThatSays({ lens: "jacobian" }))).toMatch(
    /; the Jacobian lens says so from layer 24 on\.$/,
  );
  expect(summarySentence(readingThatSays({ lens: "jacobian", since: 30 }))).toMatch(
    /; no layer of the Jacobian lens says so before the output\.$/,
  );
});

test("summarySentence says nothing of a lens where it has none of the layers", () => {
  const reading = readingThatSays({ rows: [3, "output"], withoutLens: [3], since: 30 });
  expect(summarySentence(reading)).toBe("After ␣of the model says ␣Paris, 0.702.");
});

test("summarySentence says nothing of a lens where no layer was read", () => {
  const reading = readingThatSays({ rows: ["output"] });
  expect(sinceClause(reading, { ...paris, since: null })).toBe("");
  expect(summarySentence(reading)).toBe("After ␣of the model says ␣Paris, 0.702.");
});

test("summarySentence is empty where a file lists no token after the last one", () => {
  const { topK } = whole;
  const logProbs = topK.logProbs.with(61, Number.NaN);
  expect(summarySentence({ ...whole, topK: { ...topK, logProbs } })).toBe("");
});

test("sinceClause names layer 0 where every layer says so", () => {
  expect(sinceClause(readingThatSays({ since: 0 }), { ...paris, since: 0 })).toBe(
    "; the tuned lens says so from layer 0 on",
  );
  expect(summarySentence(readingThatSays({ since: 0 }))).toContain("from layer 0 on");
});

test("rowsRead counts whole rows, and nothing of a reading that is whole", () => {
  expect(rowsRead(null)).toBeNull();
  expect(rowsRead(whole)).toBeNull();
  expect(rowsRead(readingThatSays({ done: 61 }))).toEqual({ done: 30, all: 31 });
  expect(rowsRead(readingThatSays({ done: 0 }))).toEqual({ done: 0, all: 31 });
});

test("title says the percentage while loading, and the name otherwise", () => {
  expect(title({ status: "loading", load })).toBe("41% · Midthought");
  expect(title({ status: "loading", load: { ...load, loadedBytes: 118_199_999 } })).toBe(
    "99% · Midthought",
  );
  for (const unknown of [null, preparing])
    expect(title({ status: "loading", load: unknown })).toBe("Loading · Midthought");
  for (const progress of [{ status: "idle" }, { status: "reading" }, failed] as const)
    expect(title(progress)).toBeNull();
});

test("shareDone is not known before bytes are counted", () => {
  expect(shareDone({ status: "loading", load: null }, null)).toBeNull();
  expect(shareDone({ status: "loading", load: preparing }, null)).toBeNull();
  expect(shareDone({ status: "loading", load }, null)).toBeCloseTo(0.4103, 4);
  const nothing = { ...load, loadedBytes: 0, totalBytes: 0 };
  expect(shareDone({ status: "loading", load: nothing }, null)).toBe(0);
});

test("shareDone of a read is of its rows, and not known before the first of them", () => {
  const progress = { status: "reading" } as const;
  expect(shareDone(progress, null)).toBeNull();
  expect(shareDone(progress, whole)).toBeNull(); // still the last one
  expect(shareDone(progress, readingThatSays({ done: 31 }))).toBeCloseTo(15 / 31, 12);
  expect(shareDone({ status: "idle" }, readingThatSays({ done: 31 }))).toBeNull();
});
