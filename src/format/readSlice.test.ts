import { expect, test, vi } from "vitest";

import { FormatError } from "../errors";
import { readSlice } from "./readSlice";

const errorOf = async (blob: Blob) => {
  const error = await readSlice(blob, 0, 4).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(FormatError);
  return (error as FormatError).message;
};

/** A file of which no more than so many bytes can be read at once. */
function limited(most: number, error: Error): Blob {
  const blob = new Blob(["four"]);
  const slice = blob.slice.bind(blob);
  vi.spyOn(blob, "slice").mockImplementation((start = 0, end = 4) => {
    const part = slice(start, end);
    if (end - start > most) vi.spyOn(part, "arrayBuffer").mockRejectedValue(error);
    return part;
  });
  return blob;
}

const lost = new DOMException("The requested file could not be read", "NotReadableError");

test("too large a slice is told from a file that is lost, whatever the browser calls it", async () => {
  const sentence = /^There is no memory here for 4 bytes of the file in one piece\. Close/;
  expect(await errorOf(limited(0, new RangeError("Array buffer allocation failed")))).toMatch(
    sentence,
  );
  expect(await errorOf(limited(1, lost))).toMatch(sentence);
  expect(await errorOf(limited(0, lost))).toBe(
    "The file cannot be read any more: The requested file could not be read. Open it again.",
  );
});
