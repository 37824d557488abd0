import { FormatError } from "../errors";
import { noMemory } from "./memory";

/**
 * Bytes `start` to `end` of a file, and no more of it, in a buffer of their own.
 *
 * @throws FormatError if the file is not there any more or has become shorter, or there is no memory for
 *   the bytes
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
    if (error instanceof RangeError || (await isReadable(blob, start, end))) {
      throw noMemory(`${end - start} bytes of the file in one piece`);
    }
    const reason = error instanceof Error ? error.message : error;
    throw new FormatError(`The file cannot be read any more: ${reason}. Open it again.`);
  }
  if (bytes.length !== end - start) {
    throw new FormatError(`The file ends at byte ${start + bytes.length}, before ${end}.`);
  }
  return bytes;
}

/** Whether a part of what could not be read can be: Chrome says of too large a slice what it says of a lost file. */
async function isReadable(blob: Blob, start: number, end: number): Promise<boolean> {
  if (end - start < 2) return false;
  try {
    return (await blob.slice(start, start + 1).arrayBuffer()).byteLength === 1;
  } catch {
    return false;
  }
}
