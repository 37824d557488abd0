import { ReadingFileError } from "../errors";
import { maxReadingFileBytes, parseReadings } from "../lens/parseReading";
import type { Reading } from "../lens/reading";

/**
 * The readings that a file holds, all of one prompt.
 *
 * @throws ReadingFileError if it holds none, is damaged, or cannot be read
 */
export async function openReading(file: Blob): Promise<Reading[]> {
  if (file.size > maxReadingFileBytes) {
    throw new ReadingFileError(
      `it has ${Math.round(file.size / 1e6).toLocaleString("en")} MB, and a reading at most ${maxReadingFileBytes / 1e6}`,
    );
  }
  return parseReadings(await textOf(file));
}

async function textOf(file: Blob): Promise<string> {
  try {
    return await file.text();
  } catch {
    throw new ReadingFileError(
      "it is a folder, or has changed since it was chosen",
      "Choose the file again",
    );
  }
}
