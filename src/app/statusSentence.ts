import { count, megabytes, probability, seconds } from "../chart/numbers";
import { signed } from "../chart/tokenMarks";
import type { LoadProgress } from "../engine/protocol";
import { isWhole, rowsWithLens } from "../lens/cells";
import { lensKindName } from "../lens/lensKind";
import type { Reading } from "../lens/reading";
import { type Answer, answerOf } from "../state/answer";
import type { Progress, ReadingState } from "../state/readingState";

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
  if (!reading || isWhole(reading)) return null;
  const done = Math.floor(reading.progress.done / reading.tokens.length);
  return { done, all: rowsWithLens(reading).length };
}

type Stand = Pick<ReadingState, "progress" | "reading"> & {
  /** Whether every row of the reading is on screen. */
  readonly isDrawn: boolean;
  readonly offer: { readonly name: string; readonly sizeBytes: number };
  readonly isLoaded: boolean;
};

/** What happens now; null where the reading on the page says it. */
export function statusSentence({ progress, reading, isDrawn, offer, isLoaded }: Stand) {
  const part = rowsRead(reading);
  switch (progress.status) {
    case "loading":
      return loadSentence(progress.load);
    case "reading":
      return part && reading ? readSentence(reading, part.done) : "Reading the prompt.";
    case "cancelled":
      if (isLoaded && progress.load) return "Loading was cancelled. The model in use stays.";
      return progress.load?.status === "downloading"
        ? `Loading was cancelled at ${megabytes(progress.load.loadedBytes)} of ${megabytes(progress.load.totalBytes)} MB. Read goes on with it.`
        : "Cancelled. Read starts again.";
    case "failed":
    case "idle":
      if (!reading || part) {
        const load = `Read loads ${offer.name}, ${Math.round(offer.sizeBytes / 1e6)} MB, once.`;
        return isLoaded ? "Nothing has been read yet." : `Nothing has been read yet. ${load}`;
      }
      return isDrawn ? null : readSentence(reading, rowsWithLens(reading).length);
  }
}

const readSentence = (reading: Reading, done: number) =>
  `Reading ${count(reading.tokens.length, "token")}: ${done} of ${rowsWithLens(reading).length} rows.`;

/** What the model says after the prompt, in words: `After ␣of the model says ␣Paris, 0.702; …`. */
export function summarySentence(reading: Reading): string {
  const answer = answerOf(reading);
  if (!answer) return "";
  const { after, says, probability: p } = answer;
  return `After ${signed(after)} the model says ${signed(says)}, ${probability(p)}${sinceClause(reading, answer)}.`;
}

/** Since which layer the lens says what the model does; empty where no layer was read. */
export function sinceClause(reading: Reading, { since }: Answer): string {
  if (rowsWithLens(reading).length === 1) return "";
  const kind = lensKindName[reading.lens.kind];
  return since === null
    ? `; no layer of the ${kind} lens says so before the output`
    : `; the ${kind} lens says so from layer ${since} on`;
}

/** Of a load or a read, between 0 and 1; null where that is not known. */
export function shareDone(progress: Progress, reading: Reading | null): number | null {
  if (progress.status === "reading") {
    const part = rowsRead(reading);
    return part && part.done / part.all;
  }
  if (progress.status !== "loading" || progress.load?.status !== "downloading") return null;
  return progress.load.loadedBytes / Math.max(1, progress.load.totalBytes);
}

/** The tab's title while the model loads: how far that is, since a visitor may wait in another tab. */
export function title(progress: Progress): string | null {
  if (progress.status !== "loading") return null;
  const share = shareDone(progress, null);
  return `${share === null ? "Loading" : `${Math.floor(share * 100)}%`} · Midthought`;
}
