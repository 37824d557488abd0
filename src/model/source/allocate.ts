import { UnsupportedError } from "../../errors";

/**
 * Memory for a file as a whole.
 *
 * @param again what to do once there is more: `press Read again`
 * @throws UnsupportedError if the browser does not give as much in one piece
 */
export function allocate(sizeBytes: number, name: string, again: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(sizeBytes);
  } catch {
    throw new UnsupportedError(
      `${name} needs ${Math.ceil(sizeBytes / 1e6)} MB of memory in one piece, which this browser does not give. Close other tabs and ${again}.`,
    );
  }
}
