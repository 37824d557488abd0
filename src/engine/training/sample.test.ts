import { describe, expect, test } from "vitest";

import { random } from "../../math/random";
import type { Reader } from "../reader";
import type { TextProgress } from "../trainingProtocol";
import { draw, type Sampling, sampleSequences } from "./sample";

const weights = Float32Array.of(0.5, 0, 1, 0.25, 0.75); // of 2.5

test("draw() takes the token in whose part of the distribution the number falls", () => {
  const drawn = [0, 0.199, 0.201, 0.599, 0.601, 0.699, 0.701, 0.9999].map((uniform) =>
    draw(weights, 1, uniform),
  );
  expect(drawn).toEqual([0, 0, 2, 2, 3, 3, 4, 4]);
});

test.each([0.5, 1, 2])("draw() at temperature %d draws each token as often as it should", (t) => {
  const count = 20_000;
  const uniform = random(3);
  const found = new Float64Array(weights.length);
  for (let i = 0; i < count; ++i) found[draw(weights, t, uniform())] += 1 / count;
  const powers = Array.from(weights, (weight) => weight ** (1 / t));
  const total = powers.reduce((sum, power) => sum + power, 0);
  // Five standard deviations of a share of so many draws.
  for (const [id, power] of powers.entries())
    expect(Math.abs(found[id] - power / total), `${id}`).toBeLessThan(5 * Math.sqrt(0.25 / count));
});

describe("sampleSequences()", () => {
  /** Whose next token is one more than the last, or two more, as likely. */
  const vocab = 50;
  const reader = (steps: number[]): Pick<Reader, "openLockstep"> => ({
    openLockstep: (lanes) => ({
      async next(ids) {
        steps.push(lanes);
        const rows = new Float32Array(lanes * vocab);
        for (const [lane, id] of ids.entries())
          for (const next of [id + 1, id + 2]) rows[lane * vocab + next] = 1;
        return rows;
      },
      dispose() {
        steps.push(0);
      },
    }),
  });
  const config = { nLayers: 2, nKvHeads: 2, headDim: 4 };
  const sampling: Sampling = { count: 40, length: 6, begin: 7, temperature: 1, seed: 5, vocab };
  const sample = (changes: Partial<Sampling> = {}, steps: number[] = [], most = config) =>
    sampleSequences(
      reader(steps),
      most,
      { ...sampling, ...changes },
      () => {},
      new AbortController().signal,
    );

  test("writes so many sequences, each from the first token", async () => {
    const sequences = await sample();
    expect(sequences).toHaveLength(40);
    for (const ids of sequences) {
      expect(ids[0]).toBe(7);
      for (let i = 1; i < 6; ++i) expect([1, 2]).toContain(ids[i] - ids[i - 1]);
    }
    expect(new Set(sequences.map(String)).size).toBeGreaterThan(10);
  });

  test("the same seed writes the same, another one another", async () => {
    expect(await sample()).toEqual(await sample());
    expect(await sample({ seed: 6 })).not.toEqual(await sample());
  });

  test("a larger model writes fewer at a time, and the same", async () => {
    const [few, many]: number[][] = [[], []];
    const large = { ...config, nLayers: 100, nKvHeads: 100, headDim: 200 };
    expect(await sample({}, few, large)).toEqual(await sample({}, many));
    expect(Math.max(...many)).toBe(16);
    expect(Math.max(...few)).toBe(2);
    expect(many.filter((lanes) => lanes === 0)).toHaveLength(3); // each is let go
  });

  test("reports tokens, and ends between two of them", async () => {
    const controller = new AbortController();
    const seen: TextProgress[] = [];
    const steps: number[] = [];
    const done = sampleSequences(
      reader(steps),
      config,
      sampling,
      (progress) => {
        seen.push(progress);
        if (seen.length === 2) controller.abort(new DOMException("enough", "AbortError"));
      },
      controller.signal,
    );
    await expect(done).rejects.toThrow("enough");
    expect(seen).toEqual([16, 32].map((n) => ({ done: n, all: 200, unit: "tokens" })));
    expect(steps).toEqual([16, 16, 0]);
  });
});
