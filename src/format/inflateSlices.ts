import { Inflate } from "fflate";

import { FormatError } from "../errors";
import { printable } from "../math/printable";
import { readSlice } from "./readSlice";

/** What is read from the file at a time. */
const sliceBytes = 1 << 20;

/** Deflate makes at most 1,032 bytes of one: a piece inflates to 17 MB and no more. */
const pieceBytes = 1 << 14;

/** The same where only the beginning is wanted: a megabyte. Smaller ones would take a second for 100 kB. */
const headPieceBytes = 1 << 10;

/** No deflate block of this many bytes inflates to nothing; what follows the last block does. */
const idleBytes = 1 << 17;

/** What is set aside for the result before anything has come out. */
const startBytes = 1 << 20;

/**
 * What the deflate data at `start` to `end` of a file inflates to.
 *
 * Nothing is set aside on the word of `sizeBytes`: the result grows as it comes, to at most twice
 * what is there, and it stops at the piece that exceeds `sizeBytes`.
 *
 * @param sizeBytes what should come out
 * @throws FormatError that begins with `name`, if the data is damaged or another size comes out
 */
export async function inflateSlices(
  blob: Blob,
  { start, end, sizeBytes, name }: { start: number; end: number; sizeBytes: number; name: string },
): Promise<Uint8Array<ArrayBuffer>> {
  const shown = printable(name);
  let capacity = sizeBytes;
  while (capacity > startBytes) capacity = Math.ceil(capacity / 2);
  const allocate = () => {
    try {
      return new Uint8Array(capacity);
    } catch {
      throw new FormatError(
        `There is no memory here for the ${sizeBytes} bytes that ${shown} unpacks to. Unpack it yourself and open what was in it, or close other tabs and try again.`,
      );
    }
  };
  let inflated = allocate();
  let length = 0;
  const inflate = new Inflate((part) => {
    const end = length + part.length;
    if (end <= sizeBytes) {
      while (capacity < end) capacity = Math.min(sizeBytes, 2 * capacity);
      if (inflated.length < capacity) {
        const larger = allocate();
        larger.set(inflated.subarray(0, length));
        inflated = larger;
      }
      inflated.set(part, length);
    }
    length = end;
  });

  let idle = 0;
  for (let at = start; at < end; at += sliceBytes) {
    const slice = await readSlice(blob, at, Math.min(at + sliceBytes, end));
    for (let i = 0; i < slice.length; i += pieceBytes) {
      const piece = slice.subarray(i, i + pieceBytes);
      const before = length;
      push(inflate, piece, at + i + piece.length === end, name);
      if (length > sizeBytes) {
        throw new FormatError(
          `${shown} is damaged: it unpacks to more than the ${sizeBytes} bytes that the zip archive says.`,
        );
      }
      // fflate keeps what it cannot use, and copies it at every push: a file of that would take hours.
      idle = length > before ? 0 : idle + piece.length;
      if (idle > idleBytes) {
        throw new FormatError(`${shown} is damaged: its data goes on after its end.`);
      }
    }
  }
  if (length !== sizeBytes) {
    throw new FormatError(
      `${shown} is damaged: it unpacks to ${length} bytes, and the zip archive says ${sizeBytes}.`,
    );
  }
  return inflated;
}

/**
 * The first `sizeBytes` bytes of what the deflate data at `start` to `end` of a file inflates to; fewer
 * where it ends before.
 *
 * @throws FormatError that begins with `name`, if the data is damaged
 */
export async function inflateHead(
  blob: Blob,
  { start, end, sizeBytes, name }: { start: number; end: number; sizeBytes: number; name: string },
): Promise<Uint8Array<ArrayBuffer>> {
  const head = new Uint8Array(sizeBytes);
  let length = 0;
  const inflate = new Inflate((part) => {
    const kept = part.subarray(0, sizeBytes - length);
    head.set(kept, length);
    length += kept.length;
  });
  // As many bytes as are wanted make at least as many, unless they hold a long table of codes.
  const most = Math.min(end, start + sizeBytes + idleBytes);
  const pushedBytes = Math.max(sizeBytes, headPieceBytes);
  for (let at = start; at < most && length < sizeBytes; at += pieceBytes) {
    const slice = await readSlice(blob, at, Math.min(at + pieceBytes, most));
    for (let i = 0; i < slice.length && length < sizeBytes; i += pushedBytes) {
      const piece = slice.subarray(i, i + pushedBytes);
      push(inflate, piece, at + i + piece.length === end, name);
    }
  }
  return head.slice(0, length);
}

function push(inflate: Inflate, piece: Uint8Array, isLast: boolean, name: string): void {
  try {
    inflate.push(piece, isLast);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    const reason = error instanceof Error ? error.message : error;
    throw new FormatError(`${printable(name)} is damaged: it does not unpack (${reason}).`);
  }
}
