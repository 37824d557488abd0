import { DownloadError, invariant, LensError } from "../../errors";
import type { FileCache } from "./cache";

export type RemoteFile = {
  readonly url: string;
  /** The subject of a sentence: `Part 3 of 4 of SmolLM2-135M-Instruct`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** Where it goes: as many bytes as it has. */
  readonly into: Uint8Array<ArrayBuffer>;
};

export type DownloadProgress = {
  /** Over all files, those that were cached among them. */
  readonly loadedBytes: number;
  readonly totalBytes: number;
  /** Over the last seconds, of what came over the network; 0 at the start. */
  readonly bytesPerSecond: number;
};

export type DownloadTools = {
  readonly fetch: typeof fetch;
  /** null keeps nothing. */
  readonly cache: FileCache | null;
  readonly sha256: (bytes: Uint8Array<ArrayBuffer>) => Promise<string>;
  /** Milliseconds. */
  readonly now: () => number;
};

const reportMs = 50;
const rateMs = 3000;

/**
 * Fills `into` of every file, one after the other, each checked by size and sha256. What is in the
 * cache is not fetched, and what was fetched goes there at once, so that a load that broke off
 * resumes; a cache that fails, or is full, is done without.
 *
 * @throws DownloadError if a file does not arrive as it was published
 * @throws signal.reason if `signal` aborts
 */
export async function downloadFiles(
  files: readonly RemoteFile[],
  onProgress: (progress: DownloadProgress) => void,
  signal: AbortSignal | undefined,
  tools: DownloadTools,
): Promise<void> {
  const totalBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const rate = createRate(tools.now);
  let done = 0;
  let reported = Number.NEGATIVE_INFINITY;
  const report = (loadedBytes: number) => {
    reported = tools.now();
    onProgress({ loadedBytes, totalBytes, bytesPerSecond: rate.perSecond() });
  };

  report(0);
  for (const file of files) {
    invariant(file.into.length === file.sizeBytes, `${file.name} has another size than its place`);
    signal?.throwIfAborted();
    if (!(await readCached(file, tools))) {
      await readFetched(file, signal, tools, (bytes, fileBytes) => {
        rate.add(bytes);
        if (tools.now() - reported >= reportMs) report(done + fileBytes);
      });
      signal?.throwIfAborted();
      await tools.cache?.put(file.sha256, file.into).catch(() => {});
    }
    signal?.throwIfAborted();
    done += file.sizeBytes;
    report(done);
  }
}

/** Whether the file was in the cache, whole. What is there and damaged is deleted. */
async function readCached(file: RemoteFile, { cache, sha256 }: DownloadTools): Promise<boolean> {
  try {
    const response = await cache?.get(file.sha256);
    if (!response) return false;
    const sizeBytes = await readBody(response, file.into);
    if (sizeBytes === file.sizeBytes && (await sha256(file.into)) === file.sha256) return true;
  } catch (error) {
    if (error instanceof LensError) throw error; // no digest at all: fetching would not help
  }
  await cache?.delete(file.sha256).catch(() => {});
  return false;
}

async function readFetched(
  file: RemoteFile,
  signal: AbortSignal | undefined,
  { fetch, cache, sha256 }: DownloadTools,
  onBytes: (bytes: number, fileBytes: number) => void,
): Promise<void> {
  const { name, into, url } = file;
  const broken = (error: unknown) => {
    signal?.throwIfAborted();
    const why = error instanceof Error ? error.message : String(error);
    return new DownloadError(
      `${name} could not be fetched: ${why}; check the connection and press Read again.`,
    );
  };

  let response: Response;
  try {
    // What is kept in a cache of ours need not lie in the browser's as well.
    response = await fetch(url, { signal, cache: cache ? "no-store" : "default" });
  } catch (error) {
    throw broken(error);
  }
  const unpublished =
    "Press Read again; if it stays so, the page was published without the files in models/.";
  if (!response.ok) {
    await response.body?.cancel().catch(() => {});
    const status = `${response.status} ${response.statusText}`.trim();
    throw new DownloadError(
      `${name} could not be fetched: the server answered ${status}. ${unpublished}`,
    );
  }
  if (response.headers.get("Content-Type")?.startsWith("text/html")) {
    await response.body?.cancel().catch(() => {});
    throw new DownloadError(
      `${name} could not be fetched: the server sent an HTML page in its place. ${unpublished}`,
    );
  }

  let sizeBytes: number;
  try {
    sizeBytes = await readBody(response, into, signal, onBytes);
  } catch (error) {
    throw broken(error);
  }
  if (sizeBytes < file.sizeBytes) {
    throw new DownloadError(
      `${name} broke off after ${sizeBytes} of ${file.sizeBytes} bytes; check the connection and press Read again.`,
    );
  }
  const again = "Reload to fetch it again; if it stays so, the server has another file there.";
  if (sizeBytes > file.sizeBytes) {
    throw new DownloadError(
      `${name} is damaged (it is longer than its ${file.sizeBytes} bytes). ${again}`,
    );
  }
  const found = await sha256(into);
  if (found !== file.sha256) {
    throw new DownloadError(
      `${name} is damaged (its sha256 is ${found}, expected ${file.sha256}). ${again}`,
    );
  }
}

/**
 * The body's bytes, put where they belong as they come.
 *
 * @returns how many there were; of those that do not fit, only that there are some
 */
async function readBody(
  response: Response,
  into: Uint8Array,
  signal?: AbortSignal,
  onBytes?: (bytes: number, total: number) => void,
): Promise<number> {
  const reader = response.body?.getReader();
  let total = 0;
  try {
    for (;;) {
      const { done, value } = (await reader?.read()) ?? { done: true };
      signal?.throwIfAborted();
      if (done || !value) return total;
      if (total + value.length > into.length) return total + value.length;
      into.set(value, total);
      total += value.length;
      onBytes?.(value.length, total);
    }
  } finally {
    await reader?.cancel().catch(() => {});
  }
}

/** Bytes a second over the last three. */
function createRate(now: () => number) {
  const start = now();
  const samples: { at: number; bytes: number }[] = [];
  let sum = 0;
  return {
    add(bytes: number) {
      samples.push({ at: now(), bytes });
      sum += bytes;
      while (samples[0].at < now() - rateMs) sum -= samples.shift()!.bytes;
    },
    perSecond() {
      const elapsed = Math.min(now() - start, rateMs);
      return elapsed > 0 ? (1000 * sum) / elapsed : 0;
    },
  };
}
