import { invariant, UnsupportedError } from "../errors";
import { crc32 } from "./crc32";

export type FileToZip = {
  readonly name: string;
  /** Arrays are referred to until the archive is made, and not joined. */
  readonly data: Blob | readonly Uint8Array[];
};

/** An integer of a record, and how many bytes it takes there, little-endian. */
type Field = readonly [sizeBytes: 2 | 4, value: number];

/** Where torch puts the bytes of each tensor, so that they can be mapped into memory. */
const alignBytes = 64;
const maxBytes = 2 ** 32 - 1;
const sliceBytes = 2 ** 22;

/**
 * A zip archive of stored files, in the order given, each of which begins at a multiple of 64 bytes
 * as in torch's own. The same files give the same bytes: all are dated 1980-01-01.
 *
 * Sizes and CRCs are in the local headers, where fflate's streams (and torch) leave zeros and put
 * them behind the data: who reads such an archive from front to back looks for the end of a stored
 * file by its bytes, and in an archive that holds an archive finds the wrong one.
 *
 * APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
 *
 * @throws UnsupportedError if it would have 4 GB or more: that takes zip64, which is not written here
 */
export async function zipBlob(files: readonly FileToZip[]): Promise<Blob> {
  invariant(files.length < 65_535, "more files than the end of a zip's directory counts");
  invariant(new Set(files.map(({ name }) => name)).size === files.length, "two files of one name");
  refuseTooLarge(files);
  const parts: (Blob | Uint8Array)[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, data } of files) {
    const path = new TextEncoder().encode(name);
    const size = sizeOf(data);
    const shared: Field[] = [
      [2, 10], // version that is needed: of a stored file
      [2, 0x800], // the name is UTF-8
      [2, 0], // stored
      [2, 0], // midnight
      [2, 0x21], // 1980-01-01
      [4, await crcOf(data)],
      [4, size],
      [4, size],
      [2, path.length],
    ];
    const padding = paddingField(offset + 30 + path.length);
    const header = record([4, 0x04034b50], ...shared, [2, padding.length]);
    directory.push(
      record(
        [4, 0x02014b50],
        [2, 10], // version that made it
        ...shared,
        [2, 0], // extra fields
        [2, 0], // comment
        [2, 0], // disk
        [2, 0], // internal attributes
        [4, 0], // external attributes
        [4, offset],
      ),
      path,
    );
    parts.push(header, path, padding, ...(data instanceof Blob ? [data] : data));
    offset += header.length + path.length + padding.length + size;
  }
  const directoryBytes = directory.reduce((sum, { length }) => sum + length, 0);
  const end = record(
    [4, 0x06054b50],
    [2, 0], // disk
    [2, 0], // disk of the directory
    [2, files.length], // on this disk
    [2, files.length],
    [4, directoryBytes],
    [4, offset],
    [2, 0], // comment
  );
  return new Blob([...parts, ...directory, end] as BlobPart[], { type: "application/zip" });
}

/** Checked before anything is read: with room for headers, so that no offset can pass 4 GB either. */
function refuseTooLarge(files: readonly FileToZip[]): void {
  const headerBytes = ({ name }: FileToZip) => 30 + 46 + 6 * name.length + 4 + alignBytes;
  let total = 22;
  for (const file of files) total += sizeOf(file.data) + headerBytes(file);
  if (total > maxBytes) {
    throw new UnsupportedError(
      `This would be a zip of ${(total / 1e9).toFixed(1)} GB, and up to 4.2 GB are written here. Save the lens as safetensors.`,
    );
  }
}

/** An extra field of zeros that torch's readers know, behind which `alignBytes` divides the offset. */
function paddingField(start: number): Uint8Array {
  const zeros = (alignBytes - ((start + 4) % alignBytes)) % alignBytes;
  const field = new Uint8Array(4 + zeros);
  field.set(record([2, 0x4246], [2, zeros])); // "FB", as in caffe2/serialize/inline_container.cc
  return field;
}

function record(...fields: readonly Field[]): Uint8Array {
  const bytes = new Uint8Array(fields.reduce((sum, [sizeBytes]) => sum + sizeBytes, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [sizeBytes, value] of fields) {
    if (sizeBytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += sizeBytes;
  }
  return bytes;
}

const sizeOf = (data: FileToZip["data"]): number =>
  data instanceof Blob ? data.size : data.reduce((sum, { length }) => sum + length, 0);

async function crcOf(data: FileToZip["data"]): Promise<number> {
  let crc = 0;
  if (!(data instanceof Blob)) {
    for (const bytes of data) crc = crc32(bytes, crc);
    return crc;
  }
  for (let at = 0; at < data.size; at += sliceBytes) {
    const slice = await data.slice(at, at + sliceBytes).arrayBuffer();
    crc = crc32(new Uint8Array(slice), crc);
  }
  return crc;
}
