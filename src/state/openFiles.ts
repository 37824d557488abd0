import { ReadingFileError } from "../errors";
import { maxReadingFileBytes, parseReadings } from "../lens/parseReading";
import type { ReadingStore } from "./readingStore";

/**
 * Opens what was dropped on the page or chosen: a reading, which is drawn with no model. What cannot
 * be opened is refused in a sentence, and what is on screen stays.
 */
export async function openFiles(store: ReadingStore, files: readonly File[]): Promise<void> {
  const [file] = files;
  if (!file) return;
  const { bring, refuse } = store.getState();
  if (files.length === 1) await bring(readFile(file), { kind: "file", name: file.name });
  else {
    refuse(
      new ReadingFileError(
        `these are ${files.length} files, and one reading is shown at a time`,
        "Open them one after another",
      ),
    );
  }
}

async function readFile(file: File) {
  if (file.size > maxReadingFileBytes) {
    throw new ReadingFileError(
      `it has ${Math.round(file.size / 1e6).toLocaleString("en")} MB, and a reading at most ${maxReadingFileBytes / 1e6}`,
    );
  }
  return parseReadings(await textOf(file));
}

async function textOf(file: File): Promise<string> {
  try {
    return await file.text();
  } catch {
    throw new ReadingFileError(
      "it is a folder, or has changed since it was chosen",
      "Choose the file again",
    );
  }
}
