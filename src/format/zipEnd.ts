import { FormatError } from "../errors";
import { readSlice } from "./readSlice";

/** Where an archive's directory lies in the file, and what is known of it. */
export type DirectoryPlace = {
  readonly start: number;
  readonly end: number;
  /** What the archive's own offsets lack: the bytes before the archive. */
  readonly shift: number;
  /** How many entries it says that it has. */
  readonly count: number;
};

/** What an end record says, of either kind. */
type End = {
  /** Where the record begins, and the directory ends. */
  readonly at: number;
  /** Numbers of parts, of which a whole archive has one: 0. */
  readonly disks: readonly number[];
  /** Entries in this part and in all. */
  readonly counts: readonly [number, number];
  readonly sizeBytes: number;
  readonly offset: number;
  /** Where the archive says that the record begins, if it does. */
  readonly statedAt?: number;
};

const endBytes = 22;
const end64Bytes = 56;
const locatorBytes = 20;
const maxCommentBytes = 0xffff;

/** 100,000 entries with long names; what an archive of a lens or a model comes nowhere near. */
const maxDirectoryBytes = 32_000_000;

/**
 * Finds the directory of a zip archive from the records at its end.
 *
 * @throws FormatError if there are none, or they do not describe a whole archive that ends there
 */
export async function findDirectory(blob: Blob): Promise<DirectoryPlace> {
  const short = await readEnd(blob);
  const { at, disks, counts, sizeBytes, offset, statedAt } =
    (await readEnd64(blob, short)) ?? short;
  if (disks.some((disk) => disk !== 0) || counts[0] !== counts[1]) {
    throw new FormatError(
      "This is one part of a split zip archive, which is not read here. Join its parts first.",
    );
  }
  if (sizeBytes > maxDirectoryBytes) {
    throw new FormatError(
      `The zip archive has a directory of ${sizeBytes} bytes: that is too much.`,
    );
  }
  const start = at - sizeBytes;
  const shift = start - offset;
  if (shift < 0) {
    throw damaged(`its directory of ${sizeBytes} bytes at byte ${offset} would go past its end`);
  }
  if (statedAt !== undefined && statedAt + shift !== at) throw misplaced();
  return { start, end: at, shift, count: counts[0] };
}

/** The end record: the last that, with its comment, ends where the file does. */
async function readEnd(blob: Blob): Promise<End> {
  const tailStart = Math.max(0, blob.size - endBytes - maxCommentBytes);
  const view = new DataView((await readSlice(blob, tailStart, blob.size)).buffer);
  let at = view.byteLength - endBytes;
  const isEnd = () =>
    view.getUint32(at, true) === 0x06054b50 &&
    at + endBytes + view.getUint16(at + 20, true) === view.byteLength;
  while (at >= 0 && !isEnd()) --at;
  if (at < 0) {
    throw new FormatError(
      "This is no zip archive, or one that is cut short: it does not end as one does.",
    );
  }
  return {
    at: tailStart + at,
    disks: [view.getUint16(at + 4, true), view.getUint16(at + 6, true)],
    counts: [view.getUint16(at + 8, true), view.getUint16(at + 10, true)],
    sizeBytes: view.getUint32(at + 12, true),
    offset: view.getUint32(at + 16, true),
  };
}

/** The zip64 end record before the end record, which has room for more; null where there is none. */
async function readEnd64(blob: Blob, short: End): Promise<End | null> {
  const at = short.at - locatorBytes - end64Bytes;
  if (at < 0) return null;
  const view = new DataView((await readSlice(blob, at, short.at)).buffer);
  if (view.getUint32(end64Bytes, true) !== 0x07064b50) return null;
  if (view.getUint32(0, true) !== 0x06064b50) throw misplaced();
  const uint64 = (at: number) => Number(view.getBigUint64(at, true));
  const end: End = {
    at,
    disks: [
      view.getUint32(16, true),
      view.getUint32(20, true),
      view.getUint32(end64Bytes + 4, true),
      Math.max(0, view.getUint32(end64Bytes + 16, true) - 1), // this one is how many there are
    ],
    counts: [uint64(24), uint64(32)],
    sizeBytes: uint64(40),
    offset: uint64(48),
    statedAt: uint64(end64Bytes + 8),
  };
  const isSame =
    (short.counts[1] === 0xffff || short.counts[1] === end.counts[1]) &&
    (short.sizeBytes === 0xffffffff || short.sizeBytes === end.sizeBytes) &&
    (short.offset === 0xffffffff || short.offset === end.offset);
  if (!isSame) throw damaged("its two end records do not agree");
  return end;
}

const misplaced = () => damaged("its zip64 end record is not where it should be");

const damaged = (how: string) => new FormatError(`The zip archive is damaged: ${how}.`);
