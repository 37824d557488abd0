/** Files that were fetched and checked once, by their sha256. Any call may reject. */
export type FileCache = {
  get(sha256: string): Promise<Response | undefined>;
  put(sha256: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  delete(sha256: string): Promise<void>;
};

/** Begins with `midthought-weights-`; the number is for another layout of what is in it. */
export const cacheName = "midthought-weights-v1";

/** What a cache's keys are: addresses, though nothing is ever fetched from them. */
const keyOf = (sha256: string) => `https://weights.midthought.invalid/${sha256}`;

/**
 * The browser's Cache API; null where it has none, and on localhost, where the files are on this
 * machine already.
 */
export async function openFileCache(
  hostname: string = globalThis.location?.hostname ?? "localhost",
  storage: Pick<CacheStorage, "open"> | undefined = globalThis.caches,
): Promise<FileCache | null> {
  if (!storage || isThisMachine(hostname)) return null;
  try {
    const cache = await storage.open(cacheName);
    return {
      get: (sha256) => cache.match(keyOf(sha256)),
      put: (sha256, bytes) => cache.put(keyOf(sha256), new Response(bytes)),
      delete: async (sha256) => void (await cache.delete(keyOf(sha256))),
    };
  } catch {
    return null; // storage is switched off, as private windows and strict settings do
  }
}

export const isThisMachine = (hostname: string) =>
  ["localhost", "127.0.0.1", "[::1]"].includes(hostname) || hostname.endsWith(".localhost");
