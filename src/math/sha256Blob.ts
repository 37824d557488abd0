import { FormatError } from "../errors";

/** Read and hashed at a time: a file of any size takes this much memory and no more. */
const sliceBytes = 2 ** 22;

/**
 * SHA-256 of these files' bytes, one file after the other, in lower-case hex. About 300 MB a second.
 *
 * @throws FormatError if a file is not there any more, or has become shorter
 * @throws signal.reason if `signal` aborts
 */
export async function sha256OfBlobs(blobs: readonly Blob[], signal?: AbortSignal): Promise<string> {
  const hash = await createSha256();
  for (const blob of blobs) {
    for (let start = 0; start < blob.size; start += sliceBytes) {
      signal?.throwIfAborted();
      hash.update(await sliceOf(blob, start));
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

async function sliceOf(blob: Blob, start: number): Promise<Uint8Array> {
  const end = Math.min(start + sliceBytes, blob.size);
  try {
    const bytes = new Uint8Array(await blob.slice(start, end).arrayBuffer());
    if (bytes.length === end - start) return bytes;
  } catch {
    // Said below: the browser's own words are of no help.
  }
  throw new FormatError("The file has changed since it was chosen: choose it again.");
}
