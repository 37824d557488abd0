import { createHash } from "node:crypto";
import { expect, test } from "vitest";

import { DownloadError } from "../../errors";
import { sha256 } from "../../math/sha256";
import type { FileCache } from "./cache";
import {
  type DownloadProgress,
  type DownloadTools,
  downloadFiles,
  type RemoteFile,
} from "./download";

const contents = ["first", "second part", "the third"].map((text) =>
  new TextEncoder().encode(text),
);
const sumOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

/** Three files, and the array that they fill. */
function threeFiles() {
  const whole = new Uint8Array(contents.reduce((sum, bytes) => sum + bytes.length, 0));
  let start = 0;
  const files = contents.map((bytes, i): RemoteFile => {
    start += bytes.length;
    return {
      url: `https://a.test/${i}`,
      name: `Part ${i + 1} of 3 of Tiny`,
      sizeBytes: bytes.length,
      sha256: sumOf(bytes),
      into: whole.subarray(start - bytes.length, start),
    };
  });
  return { files, whole, text: () => new TextDecoder().decode(whole) };
}

/** A server; `answers` are by the number in the address, the published file otherwise. */
function serve(answers: Record<number, (init?: RequestInit) => Response | Promise<Response>> = {}) {
  const asked: string[] = [];
  const fetch: DownloadTools["fetch"] = async (url, init) => {
    init?.signal?.throwIfAborted();
    asked.push(String(url));
    const i = Number(String(url).at(-1));
    return answers[i]?.(init) ?? new Response(contents[i]);
  };
  return { fetch, asked };
}

function memoryCache(): FileCache & { entries: Map<string, Uint8Array<ArrayBuffer>> } {
  const entries = new Map<string, Uint8Array<ArrayBuffer>>();
  return {
    entries,
    get: async (key) => (entries.has(key) ? new Response(entries.get(key)) : undefined),
    put: async (key, bytes) => void entries.set(key, bytes.slice()),
    delete: async (key) => void entries.delete(key),
  };
}

async function download(
  tools: Partial<DownloadTools>,
  signal?: AbortSignal,
  onProgress: (progress: DownloadProgress) => void = () => {},
) {
  const { files, text } = threeFiles();
  const rest = { cache: null, sha256, now: () => performance.now(), ...serve() };
  await downloadFiles(files, onProgress, signal, { ...rest, ...tools });
  return text();
}

const errorOf = async (tools: Partial<DownloadTools>) => {
  const error = await download(tools).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(DownloadError);
  return (error as Error).message;
};

const chunked = (...chunks: (string | Error)[]) =>
  new Response(
    new ReadableStream({
      pull(controller) {
        const chunk = chunks.shift();
        if (chunk === undefined) controller.close();
        else if (chunk instanceof Error) controller.error(chunk);
        else controller.enqueue(new TextEncoder().encode(chunk));
      },
    }),
  );

test("files fill one array, whatever the chunks they come in", async () => {
  const { fetch } = serve({ 1: () => chunked("se", "cond", " part") });
  expect(await download({ fetch })).toBe("firstsecond partthe third");
});

test("progress is over all files and ends at their total", async () => {
  let ms = 0;
  const seen: DownloadProgress[] = [];
  const { fetch } = serve({ 1: () => chunked("sec", "ond", " part") });
  await download({ fetch, now: () => (ms += 20) }, undefined, (progress) => seen.push(progress));
  expect(seen[0]).toEqual({ loadedBytes: 0, totalBytes: 25, bytesPerSecond: 0 });
  expect(seen.at(-1)).toMatchObject({ loadedBytes: 25, totalBytes: 25 });
  expect(seen.at(-1)!.bytesPerSecond).toBeGreaterThan(0);
  const loaded = seen.map(({ loadedBytes }) => loadedBytes);
  expect(loaded).toEqual(loaded.toSorted((a, b) => a - b));
  expect(loaded.some((bytes) => bytes > 5 && bytes < 16)).toBe(true);
});

test("the rate is of the last three seconds", async () => {
  let ms = 0;
  const seen: DownloadProgress[] = [];
  const late = async () => {
    ms += 60_000;
    return new Response(contents[2]);
  };
  await download({ ...serve({ 2: late }), now: () => ms }, undefined, (p) => seen.push(p));
  expect(seen.at(-1)!.bytesPerSecond).toBe(3); // nine bytes in three seconds, after a minute's wait
});

test("what is cached is not fetched, and what is fetched is cached", async () => {
  const cache = memoryCache();
  const first = serve({ 2: () => new Response(null, { status: 503 }) });
  expect(await errorOf({ ...first, cache })).toContain("503");
  expect([...cache.entries.keys()]).toEqual(contents.slice(0, 2).map(sumOf));

  const second = serve();
  expect(await download({ ...second, cache })).toBe("firstsecond partthe third");
  expect(second.asked).toEqual(["https://a.test/2"]);

  const third = serve();
  await download({ ...third, cache });
  expect(third.asked).toEqual([]);
});

test("a cached file that is damaged or cut short is deleted and fetched anew", async () => {
  for (const damaged of ["fjrst", "fir", "first and more"]) {
    const cache = memoryCache();
    cache.entries.set(sumOf(contents[0]), new TextEncoder().encode(damaged));
    const { fetch, asked } = serve();
    expect(await download({ fetch, cache })).toBe("firstsecond partthe third");
    expect(asked).toHaveLength(3);
    expect(cache.entries.get(sumOf(contents[0]))).toEqual(contents[0]);
  }
});

test("a cache that is full, or fails in any way, is done without", async () => {
  const fail = async () => {
    throw new DOMException("quota", "QuotaExceededError");
  };
  const cache: FileCache = { get: fail, put: fail, delete: fail };
  expect(await download({ cache })).toBe("firstsecond partthe third");
});

test("a damaged part is named, with both sums and what to do", async () => {
  const { fetch } = serve({ 2: () => new Response("the thirt") });
  const [found, expected] = [sumOf(new TextEncoder().encode("the thirt")), sumOf(contents[2])];
  expect(await errorOf({ fetch })).toBe(
    `Part 3 of 3 of Tiny is damaged (its sha256 is ${found}, expected ${expected}). Reload to fetch it again; if it stays so, the server has another file there.`,
  );
});

test("a damaged part is not cached", async () => {
  const cache = memoryCache();
  await errorOf({ ...serve({ 0: () => new Response("fjrst") }), cache });
  expect(cache.entries.size).toBe(0);
});

test("each way that a fetch can fail has its sentence", async () => {
  const answer = (response: () => Response) => errorOf(serve({ 1: response }));
  expect(await answer(() => new Response("", { status: 404, statusText: "Not Found" }))).toBe(
    "Part 2 of 3 of Tiny could not be fetched: the server answered 404 Not Found. Press Read again; if it stays so, the page was published without the files in models/.",
  );
  const headers = { "Content-Type": "text/html; charset=utf-8" };
  expect(await answer(() => new Response("<!doctype html>", { headers }))).toContain(
    "the server sent an HTML page in its place",
  );
  expect(await answer(() => chunked("sec"))).toBe(
    "Part 2 of 3 of Tiny broke off after 3 of 11 bytes; check the connection and press Read again.",
  );
  expect(await answer(() => new Response(null))).toContain("broke off after 0 of 11 bytes");
  expect(await answer(() => chunked("second part", "y"))).toContain("longer than its 11 bytes");
  expect(await answer(() => chunked("sec", new TypeError("network error")))).toBe(
    "Part 2 of 3 of Tiny could not be fetched: network error; check the connection and press Read again.",
  );
  const offline = async () => {
    throw new TypeError("Failed to fetch");
  };
  expect(await errorOf({ fetch: offline })).toContain(
    "Part 1 of 3 of Tiny could not be fetched: Failed",
  );
});

test("an abort ends the download with its reason, before a fetch, during one and between chunks", async () => {
  const reason = new DOMException("stopped", "AbortError");
  await expect(download({}, AbortSignal.abort(reason))).rejects.toBe(reason);

  const during = new AbortController();
  const hangs = (init?: RequestInit) =>
    new Promise<Response>((_, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      queueMicrotask(() => during.abort(reason));
    });
  await expect(download(serve({ 1: hangs }), during.signal)).rejects.toBe(reason);

  const between = new AbortController();
  const { fetch, asked } = serve({ 0: () => chunked("fi", "rst") });
  const onProgress = ({ loadedBytes }: DownloadProgress) => {
    if (loadedBytes > 0) between.abort(reason);
  };
  let ms = 0;
  const now = () => (ms += 100);
  await expect(download({ fetch, now }, between.signal, onProgress)).rejects.toBe(reason);
  expect(asked).toHaveLength(1);
});
