import { FormatError } from "../errors";
import { printable } from "../math/printable";
import { readSlice } from "./readSlice";
import { findDirectory } from "./zipEnd";

/** One file as the archive's directory has it. */
export type PackedEntry = {
  readonly name: string;
  readonly nameBytes: Uint8Array;
  /** Deflated; stored as it is where not. */
  readonly isDeflated: boolean;
  readonly crc: number;
  readonly packedBytes: number;
  /** Unpacked. */
  readonly sizeBytes: number;
  /** Where its local header begins. */
  readonly offset: number;
  /** Where the next entry or the directory begins: its data ends no later. */
  readonly limit: number;
};

type Header = Omit<PackedEntry, "limit"> & {
  /** Where the next header begins in the directory. */
  readonly end: number;
};

const headerBytes = 46;
const localHeaderBytes = 30;

// What an archive of a lens or a model comes nowhere near.
const maxEntries = 100_000;
const maxNameBytes = 255;

/** Encrypted, by either method, and with a directory that is. */
const encryptionFlags = 0x2041;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const latin1 = new TextDecoder("latin1");

/**
 * The files in a zip archive's directory, in the order of their data, of which no two overlap.
 *
 * @throws FormatError as `openZip` does
 */
export async function readDirectory(blob: Blob): Promise<readonly PackedEntry[]> {
  const { start, end, shift, count } = await findDirectory(blob);
  const view = new DataView((await readSlice(blob, start, end)).buffer);
  const headers: Header[] = [];
  for (let at = 0; at < view.byteLength; at = headers[headers.length - 1].end) {
    if (headers.length === maxEntries) {
      throw new FormatError(
        `The zip archive holds more than ${maxEntries} files: that is too many.`,
      );
    }
    headers.push(readHeader(view, at, shift));
  }
  if (headers.length !== count) {
    throw damaged(`it says that it holds ${count} files, and lists ${headers.length}`);
  }
  const names = new Set<string>();
  for (const { name } of headers) {
    if (names.has(name)) {
      throw new FormatError(
        `The zip archive holds ${printable(name)} twice: it does not say which is meant.`,
      );
    }
    names.add(name);
  }
  return bounded(headers, start).filter(({ name }) => !name.endsWith("/"));
}

function readHeader(view: DataView, at: number, shift: number): Header {
  if (at + headerBytes > view.byteLength || view.getUint32(at, true) !== 0x02014b50) {
    throw damaged("its directory does not hold together");
  }
  const nameStart = at + headerBytes;
  const extraStart = nameStart + view.getUint16(at + 28, true);
  const extraEnd = extraStart + view.getUint16(at + 30, true);
  const end = extraEnd + view.getUint16(at + 32, true);
  if (end > view.byteLength) throw damaged("its directory does not hold together");
  if (extraStart - nameStart > maxNameBytes) {
    throw new FormatError(
      `The zip archive holds a file whose name has ${extraStart - nameStart} bytes: that is too long.`,
    );
  }
  const nameBytes = new Uint8Array(view.buffer, nameStart, extraStart - nameStart);
  const name = decodeName(nameBytes);
  const shown = printable(name);

  if (view.getUint16(at + 8, true) & encryptionFlags) {
    throw new FormatError(
      `${shown} is encrypted in the zip archive. Unpack it, and open what was in it.`,
    );
  }
  const method = view.getUint16(at + 10, true);
  if (method !== 0 && method !== 8) {
    throw new FormatError(
      `${shown} is packed by method ${method} in the zip archive; stored (0) and deflated (8) are read. Unpack it, and open what was in it.`,
    );
  }
  const { sizeBytes, packedBytes, offset, disk } = readSizes(view, at, extraStart, extraEnd, shown);
  if (method === 0 && packedBytes !== sizeBytes) {
    throw damaged(`${shown} has ${sizeBytes} bytes, stored as they are in ${packedBytes}`);
  }
  if (disk !== 0) {
    throw new FormatError(
      `${shown} is in another part of a split zip archive, which is not read here. Join its parts first.`,
    );
  }
  return {
    name,
    nameBytes,
    isDeflated: method === 8,
    crc: view.getUint32(at + 16, true),
    packedBytes,
    sizeBytes,
    offset: offset + shift,
    end,
  };
}

/** Sizes and place of an entry: those that its header has no room for are in its zip64 extra field. */
function readSizes(
  view: DataView,
  at: number,
  extraStart: number,
  extraEnd: number,
  shown: string,
) {
  let next = 0;
  let end = 0;
  for (let field = extraStart; field + 4 <= extraEnd && end === 0; ) {
    const fieldEnd = field + 4 + view.getUint16(field + 2, true);
    if (view.getUint16(field, true) === 1 && fieldEnd <= extraEnd) {
      next = field + 4;
      end = fieldEnd;
    }
    field = fieldEnd;
  }
  const take = (bytes: number) => {
    next += bytes;
    if (next > end) throw damaged(`the zip64 sizes of ${shown} are missing`);
    return next - bytes;
  };
  const size = (at: number) => {
    const short = view.getUint32(at, true);
    // Past 2^53 it is not exact, and past the end of any file.
    return short === 0xffffffff ? Number(view.getBigUint64(take(8), true)) : short;
  };
  const sizeBytes = size(at + 24);
  const packedBytes = size(at + 20);
  const offset = size(at + 42);
  const disk = view.getUint16(at + 34, true);
  return {
    sizeBytes,
    packedBytes,
    offset,
    disk: disk === 0xffff ? view.getUint32(take(4), true) : disk,
  };
}

/**
 * Entries, by their place, each with the bound of its data.
 *
 * How long a local header is, only it says: `readEntry` holds it to the bound that is found here.
 */
function bounded(headers: readonly Header[], directoryStart: number): PackedEntry[] {
  const ordered = [...headers].sort((a, b) => a.offset - b.offset);
  return ordered.map((entry, i) => {
    const { name, nameBytes, offset, packedBytes } = entry;
    const next = ordered[i + 1];
    const limit = next ? next.offset : directoryStart;
    if (offset + localHeaderBytes + nameBytes.length + packedBytes > limit) {
      throw damaged(
        next
          ? `${printable(name)} and ${printable(next.name)} overlap`
          : `${printable(name)} goes past byte ${limit}, where its directory begins`,
      );
    }
    return { ...entry, limit };
  });
}

/** UTF-8, which most write whether they say so or not; one character a byte where it is not. */
function decodeName(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    return latin1.decode(bytes);
  }
}

const damaged = (how: string) => new FormatError(`The zip archive is damaged: ${how}.`);
