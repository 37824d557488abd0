import { expect, test, vi } from "vitest";

import { cacheName, openFileCache } from "./cache";

const fakeStorage = () => {
  const entries = new Map<string, Response>();
  const cache = {
    match: async (key: string) => entries.get(key)?.clone(),
    put: async (key: string, response: Response) => void entries.set(key, response),
    delete: async (key: string) => entries.delete(key),
  };
  return { entries, open: vi.fn(async (_: string) => cache as unknown as Cache) };
};

test("openFileCache keeps bytes by their sha256 until they are deleted", async () => {
  const storage = fakeStorage();
  const cache = await openFileCache("lens.example", storage);
  expect(storage.open).toHaveBeenCalledWith(cacheName);
  expect(await cache?.get("abc")).toBeUndefined();
  const whole = new Uint8Array([1, 2, 3, 4]);
  await cache?.put("abc", whole.subarray(1, 3));
  expect(await (await cache?.get("abc"))?.text()).toBe("\u0002\u0003");
  await cache?.delete("abc");
  expect(await cache?.get("abc")).toBeUndefined();
});

test("openFileCache is null on localhost, and where the browser has no cache or refuses it", async () => {
  for (const hostname of ["localhost", "127.0.0.1", "[::1]", "lens.localhost"]) {
    expect(await openFileCache(hostname, fakeStorage())).toBeNull();
  }
  const refuses = { open: () => Promise.reject(new DOMException("", "SecurityError")) };
  expect(await openFileCache("lens.example", refuses)).toBeNull();
  expect(await openFileCache("localhost.example", fakeStorage())).not.toBeNull();
});
