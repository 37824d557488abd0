import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { ReadingFileError } from "../errors";
import { cpuMs } from "../math/cpuTesting";
import { maxReadingFileBytes, parseReadings } from "./parseReading";
import type { LensInfo, Reading } from "./reading";
import { statisticNames } from "./reading";
import { exportReadings, type ReadingJson, toJson } from "./readingJson";

const app = { name: "midthought", version: "0.1.0" };
const tuned: LensInfo = { kind: "tuned", name: "ours", sha256: "cd" };
const logit: LensInfo = { kind: "logit", name: "logit lens", sha256: null };

// biome-ignore lint/suspicious/noExplicitAny: tests break files in every way
type Loose = any;

/** Two positions, one layer and the output row, two tokens a cell, as a file. */
const example = (lens = tuned): Loose => ({
  format: "midthought-reading/1",
  app: { ...app, backend: "wasm" },
  model: { name: "tiny", family: "llama", nLayers: 2, dModel: 4, vocab: 8, sha256: "ab" },
  lens,
  prompt: "Hi é",
  tokens: [
    { id: 5, text: "Hi" },
    { id: 6, text: " é" },
  ],
  targets: [6, null],
  rows: [1, "output"],
  unit: "nats",
  statistics: {
    entropy: [
      [1.2346, 0],
      [0.5, 2],
    ],
    klFromFinal: [
      [12.346, 0.00012346],
      [0, 0],
    ],
    maxProb: [
      [0.75, 0.5],
      [0.25, 1],
    ],
    crossEntropy: [
      [3, null],
      [1, null],
    ],
    rank: [
      [8, null],
      [1, null],
    ],
    finalTopLogProb: [
      [-1.5, -12.3457],
      [-0.125, -0.5],
    ],
  },
  topK: [
    [
      [
        { id: 1, text: " Paris", logProb: -0.25, finalLogProb: -3 },
        { id: 2, text: "\n", logProb: -1.5, finalLogProb: -0.125 },
      ],
      [
        { id: 3, text: "x", logProb: -0.5, finalLogProb: -1 },
        { id: 1, text: " Paris", logProb: -2, finalLogProb: -2 },
      ],
    ],
    [
      [
        { id: 2, text: "\n", logProb: -0.125, finalLogProb: -0.125 },
        { id: 1, text: " Paris", logProb: -3, finalLogProb: -3 },
      ],
      [{ id: 4, text: "y", logProb: -0.5, finalLogProb: -0.5 }],
    ],
  ],
});

/** The example with a change, as a file's text. */
function changed(change: (file: Loose) => void, lens = tuned): string {
  const file = structuredClone(example(lens));
  change(file);
  return JSON.stringify(file);
}

/** Takes away whatever a file says of a row. */
function emptyRow(file: Loose, row = 0): void {
  for (const table of Object.values<Loose>(file.statistics)) table[row] = [null, null];
  file.topK[row] = [[], []];
}

/** What is said of a file that is refused. */
function refusal(text: string): string {
  try {
    parseReadings(text);
  } catch (error) {
    if (error instanceof ReadingFileError) return error.message;
    throw error;
  }
  throw new Error("the file was not refused");
}

const matrix = (rows: number, positions: number, value: (at: number) => unknown) =>
  Array.from({ length: rows }, (_, row) =>
    Array.from({ length: positions }, (_, position) => value(row * positions + position)),
  );

/** Any reading that a lens could give, also half of one; some layers may have no lens. */
const anyReading: fc.Arbitrary<Reading> = fc
  .record({
    positions: fc.integer({ min: 1, max: 4 }),
    layers: fc.uniqueArray(fc.nat(29), { maxLength: 4 }),
    k: fc.nat(3),
    vocab: fc.integer({ min: 2, max: 200_000 }),
  })
  .chain(({ positions, layers, k, vocab }) => {
    const all = positions * (layers.length + 1);
    const table = (value: fc.Arbitrary<number>) =>
      fc
        .array(fc.oneof({ weight: 9, arbitrary: value }, fc.constant(Number.NaN)), {
          minLength: all,
          maxLength: all,
        })
        .map((values) => Float32Array.from(values));
    const float = (min: number, max: number) => fc.double({ min, max, noNaN: true });
    const logProb = fc.oneof(float(-120, 0), float(-1e5, 0), fc.constant(-Infinity));
    const id = fc.nat(vocab - 1);
    const text = fc.string({ unit: "binary", maxLength: 6 });
    const entries = fc.array(fc.tuple(id, logProb, logProb, text), {
      minLength: all * k,
      maxLength: all * k,
    });
    return fc
      .record({
        entropy: table(float(0, Math.log(vocab))),
        klFromFinal: table(fc.oneof(float(-1e-4, 200), float(0, 1e30))),
        maxProb: table(float(0, 1)),
        crossEntropy: table(float(0, 1e3)),
        rank: table(fc.integer({ min: 1, max: vocab })),
        finalTopLogProb: table(float(-1e4, 0)),
        entries,
        nListed: fc.array(fc.nat(k), { minLength: all, maxLength: all }),
        withoutLens: fc.subarray([...layers].sort((a, b) => a - b)),
        tokens: fc.array(fc.record({ id, text }), { minLength: positions, maxLength: positions }),
        prompt: fc.option(fc.string({ unit: "binary" })),
      })
      .map(({ entries, nListed, withoutLens, tokens, prompt, ...statistics }): Reading => {
        const rows = [...layers.sort((a, b) => a - b), "output" as const];
        for (const [at, row] of rows.entries()) {
          const [from, to] = [at * positions, (at + 1) * positions];
          if (row === "output" || !withoutLens.includes(row)) {
            statistics.maxProb[from] = 0.5; // or else nothing would be said of this row either
            continue;
          }
          for (const name of statisticNames) statistics[name].fill(Number.NaN, from, to);
          nListed.fill(0, from, to);
        }
        const topK = {
          k,
          ids: new Int32Array(all * k).fill(-1),
          logProbs: new Float32Array(all * k).fill(Number.NaN),
          finalLogProbs: new Float32Array(all * k).fill(Number.NaN),
        };
        const texts = new Map<number, string>();
        for (let cell = 0; cell < all; ++cell)
          entries
            .slice(cell * k, cell * k + nListed[cell])
            .sort(([, a], [, b]) => (a === b ? 0 : b - a))
            .forEach(([id, logProb, finalLogProb, text], rank) => {
              topK.ids[cell * k + rank] = id;
              topK.logProbs[cell * k + rank] = logProb;
              topK.finalLogProbs[cell * k + rank] = finalLogProb;
              if (!texts.has(id)) texts.set(id, text);
            });
        return {
          backend: "wasm",
          model: { name: "m", family: "llama", nLayers: 30, dModel: 576, vocab, sha256: "ab" },
          lens: tuned,
          prompt,
          tokens,
          targets: tokens.map((_, at) => tokens[at + 1]?.id ?? null),
          rows,
          withoutLens,
          statistics,
          topK,
          texts,
          progress: { done: 0, all: positions * (rows.length - withoutLens.length) },
        };
      });
  });

const recorded = (json: ReadingJson): ReadingJson => ({
  ...json,
  app: { ...json.app, backend: "recorded" },
});

describe("parseReadings", () => {
  test("gives a file's reading, whole and recorded", () => {
    const [reading, ...others] = parseReadings(JSON.stringify(example()));
    expect(others).toEqual([]);
    expect(reading).toMatchObject({
      backend: "recorded",
      lens: tuned,
      prompt: "Hi é",
      targets: [6, null],
      rows: [1, "output"],
      progress: { done: 4, all: 4 },
    });
    expect(reading.statistics.crossEntropy).toEqual(Float32Array.of(3, Number.NaN, 1, Number.NaN));
    expect(reading.topK.k).toBe(2);
    expect(reading.topK.ids).toEqual(Int32Array.of(1, 2, 3, 1, 2, 1, 4, -1));
    expect(reading.topK.logProbs[6]).toBe(-0.5);
    expect(reading.topK.logProbs[7]).toBeNaN();
    expect(reading.topK.finalLogProbs[7]).toBeNaN();
    expect(reading.texts).toEqual(
      new Map([
        [1, " Paris"],
        [2, "\n"],
        [3, "x"],
        [4, "y"],
      ]),
    );
  });

  test("gives back what toJson wrote, number for number", () => {
    fc.assert(
      fc.property(anyReading, (reading) => {
        const json = toJson(reading, app);
        const [parsed] = parseReadings(JSON.stringify(json));
        expect(toJson(parsed, app)).toEqual(recorded(json));
        expect(parsed.withoutLens).toEqual(reading.withoutLens);
        expect(parsed.topK.ids.every((id) => id >= -1)).toBe(true);
        const { all } = reading.progress;
        expect(parsed.progress).toEqual({ done: all, all });
      }),
      { numRuns: 300 },
    );
  });

  const jacobian: LensInfo = { kind: "jacobian", name: "fitted", sha256: "ef" };

  test.each<[string, LensInfo, (file: Loose) => void, readonly number[]]>([
    ["a layer of which nothing is said", jacobian, emptyRow, [1]],
    [
      "such a layer of a file that lacks some statistics",
      tuned,
      (f) => {
        emptyRow(f);
        delete f.statistics.rank;
        delete f.statistics.finalTopLogProb;
      },
      [1],
    ],
    [
      "no layer with a number at one position",
      jacobian,
      (f) => {
        emptyRow(f);
        f.statistics.rank[0][1] = 8;
      },
      [],
    ],
    [
      "no layer with a token at one position",
      jacobian,
      (f) => {
        const [, second] = f.topK[0];
        emptyRow(f);
        f.topK[0][1] = second;
      },
      [],
    ],
    ["no layer of the logit lens, which reads any", logit, emptyRow, []],
    ["never the output row", jacobian, (f) => emptyRow(f, 1), []],
  ])("takes for without a lens %s", (_, lens, change, withoutLens) => {
    const [reading] = parseReadings(changed(change, lens));
    expect(reading.withoutLens).toEqual(withoutLens);
    const all = 4 - 2 * withoutLens.length;
    expect(reading.progress).toEqual({ done: all, all });
  });

  test("gives the readings of one file each its own layers without a lens", () => {
    const file = [JSON.parse(changed(emptyRow, jacobian)), example(logit)];
    const parsed = parseReadings(JSON.stringify(file));
    expect(parsed.map((reading) => reading.withoutLens)).toEqual([[1], []]);
    expect(exportReadings(parsed, app)).toBe(
      exportReadings(parseReadings(exportReadings(parsed, app)), app),
    );
  });

  test("gives back what exportReadings wrote: the lens in use, then the logit lens", () => {
    fc.assert(
      fc.property(anyReading, (reading) => {
        const both = [reading, { ...reading, lens: logit }];
        const parsed = parseReadings(exportReadings(both, app));
        expect(parsed.map((r) => toJson(r, app))).toEqual(
          both.map((r) => recorded(toJson(r, app))),
        );
      }),
      { numRuns: 30 },
    );
    expect(exportReadings(parseReadings(JSON.stringify(example(logit))), app)).toMatch(
      /^\[\{.*\}\]$/s,
    );
  });

  test("refuses any damaged file with a ReadingFileError, or reads it", () => {
    const anyValue = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom("NaN", "Infinity", -1, 0.5, 2 ** 31, "__proto__", [], {}, [[]], null),
    );
    const steps = fc.array(fc.nat(), { minLength: 1, maxLength: 7 });
    const change = fc.record({
      steps,
      action: fc.constantFrom("delete", "replace", "swap"),
      anyValue,
    });
    const file = fc.constantFrom(example(), [example()], [example(), example(logit)]);
    const mutated = fc.tuple(file, fc.array(change, { maxLength: 3 })).map(([file, changes]) => {
      const copy = structuredClone(file);
      for (const { steps, action, anyValue } of changes) {
        let at: Loose = copy;
        for (const [depth, step] of steps.entries()) {
          const keys = Object.keys(at);
          if (keys.length === 0) break;
          const key = keys[step % keys.length];
          if (depth < steps.length - 1 && typeof at[key] === "object" && at[key]) at = at[key];
          else if (action === "replace") at[key] = structuredClone(anyValue);
          else if (action === "swap") at[key] = structuredClone(at[keys[(step + 1) % keys.length]]);
          else if (Array.isArray(at)) at.splice(Number(key), 1);
          else delete at[key];
        }
      }
      return JSON.stringify(copy);
    });
    const cut = fc.tuple(mutated, fc.double({ min: 0, max: 1, noNaN: true }));
    let nRead = 0;
    let nRefused = 0;
    const readOrRefuse = (text: string) => {
      try {
        for (const reading of parseReadings(text)) toJson(reading, app);
        ++nRead;
      } catch (error) {
        expect(error).toBeInstanceOf(ReadingFileError);
        expect((error as Error).message).toMatch(
          /^This file cannot be opened as a reading: .{1,300}\.$/,
        );
        ++nRefused;
      }
    };
    fc.assert(fc.property(mutated, readOrRefuse), { numRuns: 2000 });
    expect(nRead).toBeGreaterThan(100);
    expect(nRefused).toBeGreaterThan(500);
    fc.assert(fc.property(cut, ([text, part]) => readOrRefuse(text.slice(0, text.length * part))));
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), readOrRefuse));
  });

  test("says what to do about a file that is no JSON", () => {
    expect(refusal("not json")).toBe(
      "This file cannot be opened as a reading: it is not JSON, or is cut short. Export → JSON saves one that can.",
    );
    expect(refusal(JSON.stringify(example()).slice(0, -1))).toMatch(/cut short/);
    expect(refusal("[".repeat(1e6))).toMatch(/not JSON/);
    expect(refusal(`${"[".repeat(1e5)}${"]".repeat(1e5)}`)).toMatch(
      /in reading 1, it is not an object/,
    );
  });

  test("says which version a file of another version has", () => {
    expect(refusal(JSON.stringify({ ...example(), format: "midthought-reading/2" }))).toBe(
      "This file cannot be opened as a reading: it is of version midthought-reading/2, which this page does not know. Reload the page for its newest version, or open the file with the page that saved it.",
    );
  });

  test.each<[string, (file: Loose) => void]>([
    ['it does not say "format": "midthought-reading/1"', (f) => delete f.format],
    [
      'it does not say "format": "midthought-reading/1"',
      (f) => (f.format = ["midthought-reading/1"]),
    ],
    ["app is missing", (f) => delete f.app],
    ["app.backend is not webgpu, wasm or recorded", (f) => (f.app.backend = "cuda")],
    ["model is not an object", (f) => (f.model = "tiny")],
    [
      "model.name is not a string of at most 200 characters",
      (f) => (f.model.name = "n".repeat(201)),
    ],
    ["model.vocab is not a whole number in 1 … 2147483647", (f) => (f.model.vocab = 0)],
    ["model.nLayers is not a whole number in 1 … 10000", (f) => (f.model.nLayers = "30")],
    ["lens.kind is not logit, tuned or jacobian", (f) => (f.lens.kind = "__proto__")],
    ["lens.name is not a string of at most 200 characters", (f) => (f.lens.name = "n".repeat(201))],
    ["lens.sha256 is missing", (f) => delete f.lens.sha256],
    ["prompt is not a string or null", (f) => (f.prompt = [5, 6])],
    ["tokens is not a list of 1 … 16384", (f) => (f.tokens = [])],
    ["tokens is not a list of 1 … 16384", (f) => (f.tokens = Array(16_385).fill(0))],
    [
      "tokens[1].text is not a string of at most 1000 characters",
      (f) => (f.tokens[1].text = "t".repeat(1001)),
    ],
    ["tokens[0] is token 8, and the model's vocabulary has 8", (f) => (f.tokens[0].id = 8)],
    ["tokens[0].id is not a whole number in 0 … 2147483647", (f) => (f.tokens[0].id = -1)],
    ["targets has 1 positions where tokens lists 2", (f) => f.targets.pop()],
    ["targets[0] is token 9, and the model's vocabulary has 8", (f) => (f.targets[0] = 9)],
    ["rows is not a list of 1 … 1000", (f) => (f.rows = Array(1001).fill(0))],
    ['rows[0] is not a layer\'s number or "output"', (f) => (f.rows[0] = 0.5)],
    [
      'rows is not layers 0 … 1 in ascending order, each at most once, and "output" last',
      (f) => (f.rows = [1, 1, "output"]),
    ],
    [
      'rows is not layers 0 … 1 in ascending order, each at most once, and "output" last',
      (f) => (f.rows = [0, 1]),
    ],
    [
      'rows is not layers 0 … 1 in ascending order, each at most once, and "output" last',
      (f) => (f.rows = [2, "output"]),
    ],
    ['unit is not "nats"', (f) => (f.unit = "bits")],
    ["statistics is missing, or is not an object", (f) => (f.statistics = null)],
    ["statistics.entropy is missing, or is not a table", (f) => delete f.statistics.entropy],
    [
      "statistics.klFromFinal is missing, or is not a table",
      (f) => delete f.statistics.klFromFinal,
    ],
    ["statistics.maxProb is missing, or is not a table", (f) => delete f.statistics.maxProb],
    ["statistics.entropy has 1 rows where rows lists 2", (f) => f.statistics.entropy.pop()],
    [
      "statistics.rank[1] has 3 positions where tokens lists 2",
      (f) => f.statistics.rank[1].push(1),
    ],
    ["statistics.rank[0] is not a list", (f) => (f.statistics.rank[0] = { length: 2 })],
    [
      "statistics.entropy[0][1] is not a number in 0 … ln 8, or null",
      (f) => (f.statistics.entropy[0][1] = 2.2),
    ],
    [
      "statistics.entropy[0][1] is not a number in 0 … ln 8, or null",
      (f) => (f.statistics.entropy[0][1] = "NaN"),
    ],
    [
      "statistics.klFromFinal[0][0] is not a number from 0, or null",
      (f) => (f.statistics.klFromFinal[0][0] = -0.001),
    ],
    [
      "statistics.klFromFinal[0][0] is not a number from 0, or null",
      (f) => (f.statistics.klFromFinal[0][0] = 1e39),
    ],
    [
      "statistics.maxProb[1][0] is not a number in 0 … 1, or null",
      (f) => (f.statistics.maxProb[1][0] = 1.001),
    ],
    [
      "statistics.maxProb[1][0] is not a number in 0 … 1, or null",
      (f) => (f.statistics.maxProb[1][0] = -0.001),
    ],
    [
      "statistics.crossEntropy[0][0] is not a number from 0, or null",
      (f) => (f.statistics.crossEntropy[0][0] = "Infinity"),
    ],
    [
      "statistics.rank[0][0] is not a whole number in 1 … 8, or null",
      (f) => (f.statistics.rank[0][0] = 9),
    ],
    [
      "statistics.rank[0][0] is not a whole number in 1 … 8, or null",
      (f) => (f.statistics.rank[0][0] = 0),
    ],
    [
      "statistics.rank[0][0] is not a whole number in 1 … 8, or null",
      (f) => (f.statistics.rank[0][0] = 1.5),
    ],
    [
      "statistics.finalTopLogProb[0][0] is not a number up to 0, or null",
      (f) => (f.statistics.finalTopLogProb[0][0] = 0.001),
    ],
    ["topK is missing, or is not a table", (f) => delete f.topK],
    ["topK has 1 rows where rows lists 2", (f) => f.topK.pop()],
    ["topK[0][1] is not a list", (f) => (f.topK[0][1] = "ab")],
    ["topK[0][1][0] is not an object", (f) => (f.topK[0][1][0] = null)],
    ["topK[0][1][0].id is not a whole number in 0 … 7", (f) => (f.topK[0][1][0].id = 8)],
    ["topK[0][1][0].id is not a whole number in 0 … 7", (f) => (f.topK[0][1][0].id = -1)],
    [
      "topK[0][1][0].text is not a string of at most 1000 characters",
      (f) => (f.topK[0][1][0].text = 3),
    ],
    [
      "topK[0][1][0].text is not a string of at most 1000 characters",
      (f) => (f.topK[0][1][0].text = "t".repeat(1001)),
    ],
    [
      "topK[0][1][0].logProb is not a number up to 0, or null",
      (f) => (f.topK[0][1][0].logProb = 0.1),
    ],
    [
      "topK[0][1][0].finalLogProb is not a number up to 0, or null",
      (f) => (f.topK[0][1][0].finalLogProb = "0"),
    ],
    ["topK[0][1][1] is likelier than the entry before it", (f) => (f.topK[0][1][1].logProb = -0.4)],
  ])("refuses a file of which %s", (problem, change) => {
    const said = `This file cannot be opened as a reading: ${problem}. Export → JSON saves one that can.`;
    expect(refusal(changed(change))).toBe(said);
  });

  test("refuses numbers that are infinite to JSON.parse", () => {
    expect(refusal(JSON.stringify(example()).replace("12.346", "1e999"))).toMatch(
      /klFromFinal\[0\]\[0\]/,
    );
    expect(refusal(JSON.stringify(example()).replace("-0.25", "-1e999"))).toMatch(/\.logProb/);
  });

  test("allows what rounding takes past a range", () => {
    const text = changed((file) => {
      file.model.vocab = 128_256;
      file.statistics.rank[0][0] = 128_260; // toPrecision(5) of 128256
      file.statistics.klFromFinal[0][0] = -1e-4;
      file.statistics.maxProb[0][0] = 1.00005;
      file.topK[0][0][0].logProb = 1e-4;
      for (const entry of file.topK[0][1]) entry.logProb = -123456.786; // as a float32 less: −123456.789
    });
    expect(parseReadings(text)[0].statistics.rank[0]).toBe(128_260);
  });

  test("takes statistics that a file lacks for NaN, and the final top token's from topK", () => {
    const [reading] = parseReadings(
      changed(({ statistics }) => {
        delete statistics.crossEntropy;
        delete statistics.rank;
        delete statistics.finalTopLogProb;
      }),
    );
    expect(Object.keys(reading.statistics).sort()).toEqual([...statisticNames].sort());
    expect(reading.statistics.crossEntropy).toEqual(new Float32Array(4).fill(Number.NaN));
    expect(reading.statistics.rank).toEqual(new Float32Array(4).fill(Number.NaN));
    // Token 2 is the output row's after " Hi", token 4 after " é"; the layer's cell does not list 4.
    expect(reading.statistics.finalTopLogProb).toEqual(
      Float32Array.of(-1.5, Number.NaN, -0.125, -0.5),
    );
  });

  test("takes the first of two texts for one token, and half characters for U+FFFD", () => {
    const [reading] = parseReadings(
      changed((file) => {
        file.topK[1][0][1].text = "other";
        file.topK[0][1][0].text = "a\uD83D";
        file.prompt = "\uDC00";
      }),
    );
    expect(reading.texts.get(1)).toBe(" Paris");
    expect(reading.texts.get(3)).toBe("a\uFFFD");
    expect(reading.prompt).toBe("\uFFFD");
  });

  test("ignores fields that it does not know, and leaves prototypes alone", () => {
    const text = JSON.stringify(example())
      .replace(
        '"app":',
        '"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"app":',
      )
      .replace('"entropy":', '"__proto__":{"polluted":1},"tvFromFinal":[],"entropy":')
      .replace('"id":1,', '"id":1,"__proto__":{"polluted":1},');
    const [reading] = parseReadings(text);
    expect(({} as Loose).polluted).toBeUndefined();
    expect((reading as Loose).polluted).toBeUndefined();
    expect((reading.statistics as Loose).polluted).toBeUndefined();
    expect(reading).toEqual(parseReadings(JSON.stringify(example()))[0]);
  });

  test.each<[string, unknown]>([
    ["it is an empty list", []],
    ["it is not an object", 3],
    ["it is not an object", null],
    ["in reading 2, it is not an object", [example(), "x"]],
    ['in reading 2, unit is not "nats"', [example(), { ...example(logit), unit: "bits" }]],
    ["it lists 17 readings, and 16 are the most", Array(17).fill(example())],
    ["reading 2 is of the same lens as an earlier one", [example(), example()]],
    [
      "reading 2 differs from the first in its model, and a file is of one prompt",
      [example(), { ...example(logit), model: { ...example().model, sha256: "zz" } }],
    ],
    [
      "reading 2 differs from the first in its tokens, and a file is of one prompt",
      [
        example(),
        {
          ...example(logit),
          tokens: [
            { id: 5, text: "Hi" },
            { id: 7, text: "" },
          ],
        },
      ],
    ],
    [
      "reading 2 differs from the first in its rows, and a file is of one prompt",
      [example(), { ...example(logit), rows: [0, "output"] }],
    ],
  ])("says that %s", (problem, file) => {
    expect(refusal(JSON.stringify(file))).toContain(`a reading: ${problem}. `);
  });

  test("refuses more text, and more entries of topK, than a page can show, before they take memory", () => {
    expect(refusal(" ".repeat(maxReadingFileBytes + 1))).toMatch(
      /larger than 64 MB\. Export a shorter/,
    );

    // One long list asks for as many entries in each of 500 cells.
    const entry = { id: 0, text: "", logProb: -1, finalLogProb: -1 };
    const wide = (lens: LensInfo, k: number) => ({
      ...example(lens),
      tokens: Array(250).fill({ id: 0, text: "" }),
      targets: Array(250).fill(null),
      statistics: Object.fromEntries(
        statisticNames.map((name) => [name, matrix(2, 250, () => null)]),
      ),
      topK: matrix(2, 250, (at) => (at === 0 ? Array(k).fill(entry) : [])),
    });
    expect(refusal(JSON.stringify(wide(tuned, 40_001)))).toMatch(/topK makes 20000500 entries/);
    // Two readings share the bound.
    const both = [wide(tuned, 20_001), wide(logit, 20_001)];
    expect(refusal(JSON.stringify(both))).toMatch(/in reading 2, topK makes 10000500 entries/);
  });

  test("parses a file of a megabyte in less than 60 ms", () => {
    const positions = 40;
    const entry = (at: number) => ({
      id: at,
      text: ` token${at}`,
      logProb: -at - 0.1234,
      finalLogProb: -at - 1.2345,
    });
    const text = JSON.stringify({
      ...example(),
      model: { ...example().model, nLayers: 30, vocab: 49_152 },
      tokens: Array(positions).fill({ id: 0, text: "t" }),
      targets: Array(positions).fill(null),
      rows: [...Array(30).keys(), "output"],
      statistics: Object.fromEntries(
        statisticNames.map((name) => [
          name,
          matrix(31, positions, () => (name === "finalTopLogProb" ? -0.1234 : 1)),
        ]),
      ),
      topK: matrix(31, positions, () => Array.from({ length: 12 }, (_, at) => entry(at))),
    });
    expect(text.length).toBeGreaterThan(1e6);
    parseReadings(text); // compiles
    const times = Array.from({ length: 5 }, () => {
      const start = cpuMs();
      parseReadings(text);
      return cpuMs() - start;
    });
    expect(Math.min(...times)).toBeLessThan(60);
  });
});
