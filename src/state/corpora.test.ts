import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";

import { corpora, fetchCorpus } from "./corpora";

const folder = new URL("../../public/corpora/", import.meta.url);
const bytesOf = (file: string) => new Uint8Array(readFileSync(new URL(file, folder)));

function serve(answer: (path: string, options?: RequestInit) => Promise<Response>) {
  const fetch = vi.fn(answer);
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

afterEach(() => void vi.unstubAllGlobals());

test("corpora have ids, names and files of their own, and files that a URL holds", () => {
  for (const part of ["id", "name", "file", "sha256"] as const)
    expect(new Set(corpora.map((corpus) => corpus[part])).size).toBe(corpora.length);
  for (const { file } of corpora) expect(file).toMatch(/^[a-z-]+\.txt$/);
});

test("corpora are all the texts in public/corpora, 600 kB together at most", () => {
  const texts = readdirSync(folder).filter((file) => file.endsWith(".txt"));
  expect(corpora.map(({ file }) => file).sort()).toEqual(texts.sort());
  expect(corpora.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)).toBeLessThanOrEqual(600_000);
});

test("corpora are named in their README, with their sums, sizes and licence", () => {
  const readme = readFileSync(new URL("README.md", folder), "utf8");
  for (const { file, by, sha256, sizeBytes, characters, licence } of corpora)
    for (const said of [file, by, sha256, licence, ...[sizeBytes, characters].map(grouped)])
      expect(readme).toContain(said);
});

const grouped = (count: number) => count.toLocaleString("en");

describe.each(corpora)("$name", (corpus) => {
  const bytes = bytesOf(corpus.file);
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);

  test("has the length and the sum that are listed", () => {
    expect(bytes.length).toBe(corpus.sizeBytes);
    expect(text.length).toBe(corpus.characters);
    expect(createHash("sha256").update(bytes).digest("hex")).toBe(corpus.sha256);
  });

  test("is clean text: no byte order mark, control characters, tabs, or spaces at its ends", () => {
    expect(text).not.toMatch(/[^\n\P{C}]/u);
    expect(text.trim()).toBe(text.slice(0, -1));
  });

  test("has no trace of the e-book that it may have passed through", () => {
    expect(text).not.toMatch(/gutenberg|e-?text|\[illustration|\[sidenote/i);
  });

  test("is what fetchCorpus gets", async () => {
    const fetch = serve(async () => new Response(bytes));
    const { signal } = new AbortController();
    expect(await fetchCorpus(corpus, signal)).toBe(text);
    expect(fetch.mock.calls[0][0]).toMatch(new RegExp(`corpora/${corpus.file}$`));
    expect(fetch.mock.calls[0][1]).toEqual({ signal });
  });
});

test.each([
  ["is not there", async () => new Response("", { status: 404 })],
  ["cannot be reached", () => Promise.reject(new TypeError("fetch failed"))],
  [
    "breaks off",
    async () =>
      new Response(new ReadableStream({ start: (body) => body.error(new TypeError("network")) })),
  ],
])("fetchCorpus of a file that %s says what to do", async (_, answer) => {
  serve(answer);
  await expect(fetchCorpus(corpora[0])).rejects.toMatchObject({
    name: "DownloadError",
    message: `The text ${corpora[0].name} did not arrive. Check the connection and choose it again, or paste a text of your own.`,
  });
});

test.each([
  ["shorter", (bytes: Uint8Array) => bytes.slice(1), / \(it has \d+ bytes, expected \d+\)\. /],
  [
    "changed in one byte",
    (bytes: Uint8Array) => bytes.with(0, bytes[0] ^ 1),
    / \(its sha256 is [0-9a-f]{64}, expected [0-9a-f]{64}\)\. /,
  ],
])("fetchCorpus refuses a text that is %s", async (_, damage, why) => {
  serve(async () => new Response(damage(bytesOf(corpora[0].file)) as Uint8Array<ArrayBuffer>));
  const refused = fetchCorpus(corpora[0]);
  await expect(refused).rejects.toMatchObject({ name: "DownloadError" });
  await expect(refused).rejects.toThrow(why);
});

test("fetchCorpus throws the signal's reason once it is aborted, no DownloadError", async () => {
  serve(async (_, options) => {
    options?.signal?.throwIfAborted();
    return new Response();
  });
  await expect(fetchCorpus(corpora[0], AbortSignal.abort())).rejects.toMatchObject({
    name: "AbortError",
  });
});
