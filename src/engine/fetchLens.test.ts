import { afterEach, expect, test, vi } from "vitest";

import { DownloadError } from "../errors";
import { fetchLens } from "./fetchLens";
import type { LinkedLens, LoadProgress } from "./protocol";

afterEach(() => vi.unstubAllGlobals());

const lens: LinkedLens = {
  name: "a lens",
  sha256: "0".repeat(64),
  url: "https://lenses.example/some/params.pt",
  sizeBytes: 6,
};
const answer = (...responses: (() => Response)[]) => {
  const fetch = vi.fn(async (_url: string, _init?: RequestInit) => responses[0]());
  vi.stubGlobal("fetch", fetch);
  return fetch;
};
const never = new AbortController().signal;
const errorOf = async () => {
  const error = await fetchLens(lens, () => {}, never).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(DownloadError);
  return (error as Error).message;
};

test("fetchLens fetches the file without cookies or an address of ours, and reports", async () => {
  const fetch = answer(() => new Response("params"));
  const seen: LoadProgress[] = [];
  const file = await fetchLens(lens, (progress) => seen.push(progress), never);
  expect(file.name).toBe("params.pt");
  expect(await file.blob.text()).toBe("params");
  const init = { credentials: "omit", referrerPolicy: "no-referrer" };
  expect(fetch).toHaveBeenCalledExactlyOnceWith(lens.url, expect.objectContaining(init));
  const first = { status: "downloading", name: "a lens", loadedBytes: 0, totalBytes: 6 };
  expect(seen[0]).toMatchObject(first);
  expect(seen.at(-1)).toMatchObject({ ...first, loadedBytes: 6 });
});

test("fetchLens takes no more than the link says", async () => {
  let pulled = 0;
  const endless = () =>
    new ReadableStream({
      pull(controller) {
        pulled++;
        controller.enqueue(new Uint8Array(4));
      },
    });
  answer(() => new Response(endless()));
  expect(await errorOf()).toContain("longer than the 6 bytes that the link names");
  expect(pulled).toBeLessThan(6);
});

test("each way that it can fail has its sentence, with the host in it", async () => {
  answer(() => new Response("par"));
  expect(await errorOf()).toMatch(/shorter than the 6 bytes .*ask whoever made the link/);
  answer(() => new Response("", { status: 404, statusText: "Not Found" }));
  expect(await errorOf()).toBe(
    "The lens could not be fetched from lenses.example: the server answered 404 Not Found. See whether you can download the file yourself, then drop it here; if not, ask whoever made the link for it.",
  );
  answer(() => {
    throw new TypeError("Failed to fetch");
  });
  expect(await errorOf()).toContain("Download the file yourself, then drop it here.");
  const broken = () =>
    new ReadableStream({ start: (controller) => controller.error(new TypeError("network error")) });
  answer(() => new Response(broken()));
  expect(await errorOf()).toContain("it broke off: network error. Check the connection");
  answer(() => {
    throw new TypeError("NetworkError when attempting to fetch resource.");
  });
  expect(await errorOf()).toContain("fetch resource; it is not there");
});

test("a fetch that is cancelled ends with its reason", async () => {
  const reason = new DOMException("enough", "AbortError");
  const controller = new AbortController();
  vi.stubGlobal("fetch", async (_url: string, { signal }: RequestInit) => {
    setTimeout(() => controller.abort(reason));
    await new Promise((_, reject) =>
      signal?.addEventListener("abort", () => reject(signal.reason)),
    );
  });
  await expect(fetchLens(lens, () => {}, controller.signal)).rejects.toBe(reason);
});
