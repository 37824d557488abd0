import type { LoadProgress } from "../engine/protocol";
import type { Reading } from "../lens/reading";
import type { Progress } from "../state/readingStore";
import { count, megabytes, seconds } from "./numbers";

/** `Loading SmolLM2-135M-Instruct: 38.2 of 118.2 MB, 6.4 MB/s, about 13 s left.` */
export function loadSentence(load: LoadProgress | null): string {
  if (!load) return "Loading the model.";
  if (load.status === "preparing") return `Preparing ${load.name}.`;
  const { name, loadedBytes, totalBytes, bytesPerSecond } = load;
  const speed =
    bytesPerSecond > 0
      ? `, ${megabytes(bytesPerSecond)} MB/s, about ${seconds((totalBytes - loadedBytes) / bytesPerSecond)} left`
      : "";
  return `Loading ${name}: ${megabytes(loadedBytes)} of ${megabytes(totalBytes)} MB${speed}.`;
}

/** Rows that are computed of all of a reading that still comes; null where it is whole. */
export function rowsRead(reading: Reading | null): { done: number; all: number } | null {
  if (!reading || reading.progress.done >= reading.progress.all) return null;
  const done = Math.floor(reading.progress.done / reading.tokens.length);
  return { done, all: reading.rows.length };
}

/**
 * What happens now; null where the reading on the page says it.
 *
 * @param isDrawn whether every row of the reading is in the table
 */
export function statusSentence(
  progress: Progress,
  reading: Reading | null,
  isDrawn: boolean,
): string | null {
  const part = rowsRead(reading);
  switch (progress.status) {
    case "loading":
      return loadSentence(progress.load);
    case "reading":
      return part && reading ? readSentence(reading, part.done) : "Reading the prompt.";
    case "cancelled":
      return progress.load?.status === "downloading"
        ? `Loading was cancelled at ${megabytes(progress.load.loadedBytes)} of ${megabytes(progress.load.totalBytes)} MB. Read goes on with it.`
        : "Cancelled. Read starts again.";
    case "failed":
    case "idle":
      if (!reading || part) return "Nothing has been read yet.";
      return isDrawn ? null : readSentence(reading, reading.rows.length);
  }
}

const readSentence = ({ tokens, rows }: Reading, done: number) =>
  `Reading ${count(tokens.length, "token")}: ${done} of ${rows.length} rows.`;

/** Of a load or a read, between 0 and 1; null where that is not known. */
export function shareDone(progress: Progress, reading: Reading | null): number | null {
  if (progress.status === "reading") {
    const part = rowsRead(reading);
    return part && part.done / part.all;
  }
  if (progress.status !== "loading" || progress.load?.status !== "downloading") return null;
  return progress.load.loadedBytes / Math.max(1, progress.load.totalBytes);
}

/** The tab's title: how far a load is, since a visitor may wait in another tab. */
export function title(progress: Progress): string {
  if (progress.status !== "loading") return "Midthought";
  const share = shareDone(progress, null);
  return `${share === null ? "Loading" : `${Math.floor(share * 100)}%`} · Midthought`;
}
