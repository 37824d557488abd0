import type { LensFormat } from "../engine/protocol";
import { LensError } from "../errors";
import { download, lensFileName } from "./exportReading";
import type { FilesStore } from "./filesStore";
import { isAbort, type ReadingStore } from "./readingStore";

const endings: Readonly<Record<LensFormat, string>> = {
  folder: "zip",
  safetensors: "safetensors",
  float16: "safetensors",
};

/**
 * Saves an open lens as a file that Python opens, the one in use unless it is named. Returns the sentence
 * that says what happened; null where it was refused, which the page then shows.
 */
export async function saveLens(
  files: FilesStore,
  reading: ReadingStore,
  format: LensFormat,
  lens?: string,
): Promise<string | null> {
  try {
    const { blob, name } = await files.getState().save(format, lens);
    const fileName = `${lensFileName(name)}.${endings[format]}`;
    download(blob, fileName);
    return `Saved as ${fileName}.`;
  } catch (error) {
    if (isAbort(error)) return null;
    if (!(error instanceof LensError)) throw error;
    reading.getState().refuse(error);
    return null;
  }
}
