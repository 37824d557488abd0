import { Deflate } from "fflate";

import { crc32 } from "./crc32";

const empty = new Uint8Array(0);

type ZippedFields = {
  name?: string | Uint8Array;
  /** As it lies in the archive. */
  data?: Uint8Array;
  method?: number;
  flags?: number;
  size?: number;
  packed?: number;
  crc?: number;
  disk?: number;
  offset?: number;
  extra?: Uint8Array;
  localName?: string;
  localMethod?: number;
  localExtra?: Uint8Array;
};

/** An archive made by hand, so that each field can be wrong. */
export function zipOf(
  files: readonly ZippedFields[],
  { count = files.length, disk = 0, directoryBytes = 0, directoryAt = 0 } = {},
): Uint8Array {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  const put = (...added: Uint8Array[]) => {
    parts.push(...added);
    for (const { length } of added) at += length;
  };
  for (const file of files) {
    const {
      name = "a",
      data = new TextEncoder().encode("hello"),
      method = 0,
      flags = 0,
      extra = empty,
    } = file;
    const { packed = data.length, size = packed, crc = crc32(data), disk = 0 } = file;
    const { localName = name, localMethod = method, localExtra = empty } = file;
    const path = pathOf(name);
    const localPath = pathOf(localName);
    const { offset = at } = file;
    const entry = record([4, 0x02014b50], [2, 20], [2, 20], [2, flags], [2, method], [4, 0]);
    const sizes = record([4, crc], [4, packed], [4, size], [2, path.length], [2, extra.length]);
    directory.push(entry, sizes, record([2, 0], [2, disk], [2, 0], [4, 0], [4, offset]));
    directory.push(path, extra);
    const local = record([4, 0x04034b50], [2, 20], [2, flags], [2, localMethod], [4, 0]);
    // Neither sizes nor checksum, as in the archives that torch writes.
    const unsaid = record([4, 0], [4, 0], [4, 0], [2, localPath.length], [2, localExtra.length]);
    put(local, unsaid, localPath, localExtra, data);
  }
  const directoryStart = at;
  for (const part of directory) put(part);
  put(record([4, 0x06054b50], [2, disk], [2, disk], [2, count], [2, count]));
  put(record([4, at - 12 - directoryStart + directoryBytes], [4, directoryStart + directoryAt]));
  put(record([2, 0]));
  return joined(parts);
}

const pathOf = (name: string | Uint8Array) =>
  typeof name === "string" ? new TextEncoder().encode(name) : name;

/** Little-endian integers, one behind the other. */
export function record(...fields: [bytes: number, value: number][]): Uint8Array {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else if (bytes === 4) view.setUint32(at, value, true);
    else view.setBigUint64(at, BigInt(value), true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The deflate data of so many MiB of zeros, made of the same kilobyte over and over. */
export function deflatedZeros(megabytes: number): Uint8Array {
  const parts: Uint8Array[] = [];
  const deflate = new Deflate((part) => void (part.length > 0 && parts.push(part)));
  const flushed = () => {
    parts.length = 0;
    deflate.push(new Uint8Array(1 << 20));
    deflate.flush(true);
    return joined(parts);
  };
  const [first, later] = [flushed(), flushed()];
  return joined([first, ...new Array<Uint8Array>(megabytes - 1).fill(later), lastBlock]);
}

/** An empty stored block that says it is the last. */
const lastBlock = new Uint8Array([1, 0, 0, 0xff, 0xff]);
