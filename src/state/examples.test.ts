import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterEach, describe, expect, test, vi } from "vitest";

import { isWhole } from "../lens/cells";
import { parseReadings } from "../lens/parseReading";
import { exampleOf, examples, fetchRecorded } from "./examples";

const fileOf = (name: string) =>
  readFileSync(new URL(`../../public/recorded/${name}.json`, import.meta.url));

afterEach(() => void vi.unstubAllGlobals());

test("examples have names, labels and prompts of their own, and names that a URL holds", () => {
  for (const part of ["name", "label", "prompt"] as const)
    expect(new Set(examples.map((example) => example[part])).size).toBe(examples.length);
  for (const { name } of examples) expect(name).toMatch(/^[a-z-]+$/);
});

test("examples are those that the page offers", () => {
  expect(examples.map(({ label }) => label)).toEqual([
    "a fact",
    "a repetition",
    "an indirect object",
    "code",
    "a long sentence",
  ]);
});

test("exampleOf takes exactly a prompt of the examples", () => {
  for (const example of examples) expect(exampleOf(example.prompt)).toBe(example);
  expect(exampleOf(`${examples[0].prompt} `)).toBeNull();
  expect(exampleOf("")).toBeNull();
});

describe.each(examples)("the recorded readings of $label", ({ name, label, prompt }) => {
  const readings = parseReadings(fileOf(name).toString());

  test("are those of the tuned and of the logit lens", () => {
    expect(new Set(readings.map(({ lens }) => lens.kind))).toEqual(new Set(["tuned", "logit"]));
    expect(readings).toHaveLength(2);
  });

  test("are whole, of this very prompt, with every row and 10 tokens a cell", () => {
    for (const reading of readings) {
      expect(reading.prompt).toBe(prompt);
      expect(reading.tokens.map(({ text }) => text).join("")).toBe(prompt);
      expect(reading.rows).toEqual([...Array(reading.model.nLayers).keys(), "output"]);
      expect(reading.topK.k).toBe(10);
      expect(isWhole(reading)).toBe(true);
    }
  });

  test("say the same in the output row, where KL is 0 and the lens is the model", () => {
    const [a, b] = readings.map(({ topK, tokens, rows, statistics }) => {
      const from = (rows.length - 1) * tokens.length;
      expect(statistics.klFromFinal.subarray(from).every((kl) => kl === 0)).toBe(true);
      return topK.ids.subarray(from * topK.k);
    });
    expect(a).toEqual(b);
  });

  test("hold the probability of the model's answer in every cell, and a rank but at the end", () => {
    for (const { statistics, tokens } of readings) {
      expect(statistics.finalTopLogProb.every((logProb) => logProb <= 0)).toBe(true);
      for (const [i, rank] of statistics.rank.entries())
        expect(Number.isNaN(rank)).toBe(i % tokens.length === tokens.length - 1);
    }
  });

  test("are at most 100 kB when a server gzips them", () => {
    expect(gzipSync(fileOf(name)).length).toBeLessThanOrEqual(100_000);
  });

  test("are what fetchRecorded gets", async () => {
    const fetch = vi.fn(async (_: string) => new Response(new Uint8Array(fileOf(name))));
    vi.stubGlobal("fetch", fetch);
    expect(await fetchRecorded({ name, label, prompt })).toEqual(readings);
    expect(fetch.mock.calls[0][0]).toMatch(new RegExp(`recorded/${name}\\.json$`));
  });
});

test.each([
  ["is not there", async () => new Response("", { status: 404 })],
  ["cannot be reached", () => Promise.reject(new TypeError("fetch failed"))],
])("fetchRecorded of a file that %s says what to do", async (_, fetch) => {
  vi.stubGlobal("fetch", fetch);
  await expect(fetchRecorded(examples[0])).rejects.toMatchObject({
    name: "DownloadError",
    message: expect.stringMatching(/^The recorded reading of a fact did not arrive\. Press Read/),
  });
});
