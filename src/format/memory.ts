import { FormatError } from "../errors";

/** @param what is too large, for the sentence, as `a tensor of 12 numbers` */
export const noMemory = (what: string) =>
  new FormatError(
    `There is no memory here for ${what}. Close other tabs and open it again, or open a smaller file.`,
  );

/**
 * So many zeros.
 *
 * @throws FormatError if there is no memory for them
 */
export function allocateFloats(count: number): Float32Array<ArrayBuffer> {
  try {
    return new Float32Array(count);
  } catch {
    throw noMemory(`a tensor of ${count} numbers`);
  }
}
