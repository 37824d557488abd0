import { FormatError } from "../errors";
import { inWords } from "./inWords";
import type { LensTensors } from "./lensFile";

/**
 * All elements of a lens's tensor, row-major.
 *
 * @throws FormatError if there are not `length`, or one is not finite
 */
export async function readFinite(
  file: LensTensors,
  name: string,
  length: number,
): Promise<Float32Array<ArrayBuffer>> {
  const values = await file.read(name);
  if (values.length !== length) {
    throw new FormatError(`${inWords([name])} has ${values.length} numbers, expected ${length}.`);
  }
  if (!isFinite32(values)) {
    throw new FormatError(
      `${inWords([name])} holds numbers that are not finite: the lens file is damaged, or the lens's training went wrong.`,
    );
  }
  return values;
}

/** A loop, since `every` calls a function for each of 10⁸ numbers. */
function isFinite32(values: Float32Array): boolean {
  for (let i = 0; i < values.length; ++i) if (!Number.isFinite(values[i])) return false;
  return true;
}
