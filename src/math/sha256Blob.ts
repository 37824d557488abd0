import { FormatError } from "../errors";

/** Read and hashed at a time, into one place: what slices leave behind would be the file once more. */
const bufferBytes = 2 ** 20;

/**
 * SHA-256 of these files' bytes, one file after the other, in lower-case hex. About 300 MB a second.
 *
 * @throws FormatError if a file is not there any more, or has become shorter
 * @throws signal.reason if `signal` aborts
 */
export async function sha256OfBlobs(blobs: readonly Blob[], signal?: AbortSignal): Promise<string> {
  const hash = await createSha256();
  for (const blob of blobs) {
    for await (const bytes of bytesOf(blob)) {
      signal?.throwIfAborted();
      hash.update(bytes);
    }
  }
  return hash.hex();
}

/** A SHA-256 that is given its bytes bit by bit: browsers digest only what is whole in memory. */
export async function createSha256() {
  const hash = await (await import("hash-wasm")).createSHA256();
  return {
    update(bytes: Uint8Array): void {
      hash.update(bytes);
    },
    /** In lower case; nothing can be added afterwards. */
    hex: (): string => hash.digest("hex"),
  };
}

/** A file's bytes, each run of them in the place of the one before it. */
async function* bytesOf(blob: Blob): AsyncGenerator<Uint8Array> {
  const { reader, next } = openStream(blob.stream(), Math.min(blob.size, bufferBytes));
  let read = 0;
  try {
    for (;;) {
      const value = await next().catch(gone);
      if (!value) break;
      read += value.length;
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
  if (read !== blob.size) gone();
}

function openStream(stream: ReadableStream<Uint8Array<ArrayBuffer>>, sizeBytes: number) {
  try {
    const reader = stream.getReader({ mode: "byob" });
    let buffer = new ArrayBuffer(Math.max(1, sizeBytes));
    const next = async () => {
      const { value } = await reader.read(new Uint8Array(buffer));
      if (!value?.length) return null;
      buffer = value.buffer;
      return value;
    };
    return { reader, next };
  } catch {
    // Not every browser's files fill a buffer that they are given.
    const reader = stream.getReader();
    return { reader, next: async () => (await reader.read()).value ?? null };
  }
}

/** The browser's own words are of no help. */
function gone(): never {
  throw new FormatError("The file has changed since it was chosen: choose it again.");
}
