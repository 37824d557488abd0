import { FormatError } from "../errors";

/**
 * Bytes `start` to `end` of a file, and no more of it, in a buffer of their own.
 *
 * @throws FormatError if the file is not there any more, or has become shorter
 */
export async function readSlice(
  blob: Blob,
  start: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>> {
  let bytes: Uint8Array<ArrayBuffer>;
  try {
    bytes = new Uint8Array(await blob.slice(start, end).arrayBuffer());
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new FormatError(`The file cannot be read any more: ${reason}. Open it again.`);
  }
  if (bytes.length !== end - start) {
    throw new FormatError(`The file ends at byte ${start + bytes.length}, before ${end}.`);
  }
  return bytes;
}
