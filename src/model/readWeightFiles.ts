import { FormatError } from "../errors";
import { readSlice } from "../format/readSlice";
import { createSha256 } from "../math/sha256Blob";
import { allocate } from "./source/allocate";

type WeightFiles<T> = {
  readonly files: ReadonlyMap<string, WeightFile<T>>;
  /** Of all the files' bytes, in the order of their names. */
  readonly sha256: string;
};

type WeightFile<T> = { readonly bytes: Uint8Array<ArrayBuffer>; readonly opened: T };

/** Read and hashed at a time. */
const sliceBytes = 2 ** 22;

/**
 * Reads a model's weight files, each once and into memory of its own.
 *
 * @param open makes of a file's bytes what it is, as soon as it is there; a FormatError of its is given
 *   the file's name
 * @throws UnsupportedError if the browser does not give the memory
 * @throws FormatError if a file is damaged, is not there any more, or has become shorter
 * @throws signal.reason if `signal` aborts
 */
export async function readWeightFiles<T>(
  blobs: ReadonlyMap<string, Blob>,
  open: (bytes: Uint8Array<ArrayBuffer>) => T | Promise<T>,
  signal?: AbortSignal,
): Promise<WeightFiles<T>> {
  const hash = await createSha256();
  const files = new Map<string, WeightFile<T>>();
  for (const name of [...blobs.keys()].sort()) {
    const blob = blobs.get(name)!;
    const bytes = allocate(blob.size, name, "open it again");
    try {
      for (let start = 0; start < blob.size; start += sliceBytes) {
        signal?.throwIfAborted();
        const slice = await readSlice(blob, start, Math.min(start + sliceBytes, blob.size));
        hash.update(slice);
        bytes.set(slice, start);
      }
      files.set(name, { bytes, opened: await open(bytes) });
    } catch (error) {
      if (error instanceof FormatError) throw new FormatError(`${name}: ${error.message}`);
      throw error;
    }
  }
  return { files, sha256: hash.hex() };
}
