import { FormatError } from "../errors";
import { printable } from "../math/printable";
import { readDirectory } from "./zipDirectory";
import { readEntry, readEntryHead } from "./zipEntry";

/** One file of a zip archive; directories are none. */
export type ZipEntry = {
  /** As the archive has it, and never to be used as a path. */
  readonly name: string;
  /** Unpacked, as the archive says; `read` holds it to that. */
  readonly sizeBytes: number;
  /**
   * All of its bytes, unpacked, in a buffer of their own.
   *
   * @throws FormatError if they are damaged (their CRC-32 is checked), or are more than what may still
   * be unpacked of the archive
   */
  read(): Promise<Uint8Array<ArrayBuffer>>;
  /**
   * Its first `bytes` bytes, or all where there are fewer, without a check of their CRC-32.
   *
   * @throws FormatError if they are damaged
   */
  head(bytes: number): Promise<Uint8Array<ArrayBuffer>>;
};

/**
 * The files of a zip archive by their names, none of them read yet.
 *
 * Only the archive's directory is believed, whose sizes and checksums the local headers may lack (torch's
 * do); stored and deflated files and zip64 are read, bytes before the archive are skipped (PKWARE
 * `APPNOTE.TXT` 6.3.10, 4.3).
 *
 * @param maxBytes what all files that are read may unpack to together; one that is read again counts once
 * @throws FormatError if the archive is damaged, cut short, split, encrypted or packed in another way,
 * or if its files overlap or share a name
 */
export async function openZip(
  blob: Blob,
  maxBytes: number,
): Promise<ReadonlyMap<string, ZipEntry>> {
  let left = maxBytes;
  const entries = new Map<string, ZipEntry>();
  for (const packed of await readDirectory(blob)) {
    const { name, sizeBytes } = packed;
    let isCounted = false;
    entries.set(name, {
      name,
      sizeBytes,
      async read() {
        if (!isCounted && sizeBytes > left) {
          throw new FormatError(
            `${printable(name)} unpacks to ${sizeBytes} bytes, and ${left} are left of the ${maxBytes} that may be unpacked of this zip archive.`,
          );
        }
        if (!isCounted) left -= sizeBytes;
        isCounted = true;
        return readEntry(blob, packed);
      },
      head: (bytes) => readEntryHead(blob, packed, bytes),
    });
  }
  return entries;
}
