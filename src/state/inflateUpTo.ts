import { Inflate } from "fflate";

/** Deflate makes at most 1,032 bytes of one, so that one chunk inflates to a megabyte and no more. */
const chunkBytes = 1024;

/**
 * Inflates raw deflate data, and stops as soon as there is more than `limit`.
 *
 * Memory is what was inflated, at most `limit` and one chunk's: no size that the data claims is believed.
 *
 * @returns null where the data is damaged, cut short, or inflates to more than `limit` bytes
 */
export function inflateUpTo(data: Uint8Array, limit: number): Uint8Array | null {
  const parts: Uint8Array[] = [];
  let length = 0;
  const inflate = new Inflate((part) => {
    parts.push(part);
    length += part.length;
  });
  try {
    for (let start = 0; start < data.length; start += chunkBytes) {
      const end = start + chunkBytes;
      inflate.push(data.subarray(start, end), end >= data.length);
      if (length > limit) return null;
    }
  } catch {
    return null; // fflate throws for whatever is no deflate data
  }
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
