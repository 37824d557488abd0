import { FormatError } from "../errors";
import { printable } from "../math/printable";
import { crc32 } from "./crc32";
import { inflateHead, inflateSlices } from "./inflateSlices";
import { readSlice } from "./readSlice";
import type { PackedEntry } from "./zipDirectory";

const localHeaderBytes = 30;

/**
 * What an entry unpacks to.
 *
 * @throws FormatError if its local header is not the directory's, or its bytes have another size or CRC-32
 */
export async function readEntry(blob: Blob, entry: PackedEntry): Promise<Uint8Array<ArrayBuffer>> {
  const { name, sizeBytes } = entry;
  const { start, end } = await findData(blob, entry);
  const bytes = entry.isDeflated
    ? await inflateSlices(blob, { start, end, sizeBytes, name })
    : await readSlice(blob, start, end);
  if (crc32(bytes) !== entry.crc) {
    throw new FormatError(
      `${printable(name)} is damaged: its checksum is not the one that the zip archive says. Download it again.`,
    );
  }
  return bytes;
}

/** The first bytes of what an entry unpacks to, unchecked; all of them where there are fewer. */
export async function readEntryHead(
  blob: Blob,
  entry: PackedEntry,
  bytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const { name } = entry;
  const { start, end } = await findData(blob, entry);
  const sizeBytes = Math.min(bytes, entry.sizeBytes);
  return entry.isDeflated
    ? inflateHead(blob, { start, end, sizeBytes, name })
    : readSlice(blob, start, start + sizeBytes);
}

/** Where an entry's data lies: after its local header, whose length only that header says. */
async function findData(blob: Blob, entry: PackedEntry): Promise<{ start: number; end: number }> {
  const { name, nameBytes, offset, limit } = entry;
  const header = await readSlice(blob, offset, offset + localHeaderBytes + nameBytes.length);
  const view = new DataView(header.buffer);
  const isSame =
    view.getUint32(0, true) === 0x04034b50 &&
    (view.getUint16(6, true) & 1) === 0 &&
    view.getUint16(8, true) === (entry.isDeflated ? 8 : 0) &&
    view.getUint16(26, true) === nameBytes.length &&
    nameBytes.every((byte, i) => byte === header[localHeaderBytes + i]);
  if (!isSame) {
    throw new FormatError(
      `The zip archive is damaged: its directory says that ${printable(name)} is at byte ${offset}, and the header there is another file's.`,
    );
  }
  const start = offset + header.length + view.getUint16(28, true);
  const end = start + entry.packedBytes;
  if (end > limit) {
    throw new FormatError(
      `The zip archive is damaged: ${printable(name)} ends at byte ${end}, where the next part begins at ${limit}.`,
    );
  }
  return { start, end };
}
