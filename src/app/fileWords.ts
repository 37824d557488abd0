import { count, megabytes } from "../chart/numbers";
import { FileRefusedError, type LensError } from "../errors";
import type { FileRow } from "../state/filesState";

/** `39.9 MB`, `52.5 kB`, `231 bytes`: decimal units. */
export function fileSize(bytes: number): string {
  if (bytes >= 999_950) return `${megabytes(bytes)} MB`;
  return bytes >= 1000 ? `${(bytes / 1000).toFixed(1)} kB` : `${bytes} bytes`;
}

/** What is not drawn, or turns the writing round, is left out of a name that stands in other text. */
export const shownName = (name: string) => name.replace(/\p{C}/gu, "");

/** The folder that a path names, with its slash, and what lies in it. */
export function splitPath(path: string): readonly [folder: string, base: string] {
  const slash = path.lastIndexOf("/", path.length - 2);
  return [path.slice(0, slash + 1), path.slice(slash + 1)];
}

/**
 * What becomes of each file, in words. A note that was said already, by a row before or in the sentence
 * over them, is not said again.
 */
export function fileWords(rows: readonly FileRow[], sentence = ""): string[] {
  const said = new Set<string>();
  return rows.map((row) => {
    const { note } = row;
    const isNews = note !== null && !said.has(note) && !sentence.includes(note);
    if (note !== null) said.add(note);
    return wordsOf(row, isNews);
  });
}

function wordsOf({ status, note, sizeBytes, loadedBytes }: FileRow, isNews: boolean): string {
  switch (status) {
    case "reading":
      if (loadedBytes === null) return "reading…";
      if (loadedBytes >= sizeBytes) return "checking…";
      return `${megabytes(loadedBytes)} of ${megabytes(sizeBytes)} MB`;
    case "read":
      return "read";
    case "used":
      return isNews && note ? note : "in use";
    case "ignored":
      return note ?? "not needed";
    case "refused":
      return isNews ? `refused. ${note}` : "refused";
  }
}

/** Whether a refusal is of these files, so that they are listed with it. */
export const isAboutFiles = (refusal: LensError | null, rows: readonly FileRow[]): boolean =>
  refusal !== null &&
  rows.length > 0 &&
  (refusal instanceof FileRefusedError ||
    rows.some(
      ({ status, note }) => status === "refused" && note !== null && refusal.message.includes(note),
    ));

/** A folder may hold thousands. */
const maxRows = 12;
/** A few files that are not needed are named. */
const maxIgnored = 3;
const weight = { refused: 0, reading: 1, used: 2, read: 3, ignored: 4 } as const;

/** The rows that are listed, those that matter first where they are many; and what is said of the others. */
export function listedRows(rows: readonly FileRow[]): {
  readonly listed: readonly FileRow[];
  readonly rest: string | null;
} {
  const ignored = rows.filter(({ status }) => status === "ignored");
  const isNamed = ignored.length <= maxIgnored || ignored.length === rows.length;
  const named = isNamed ? rows : rows.filter(({ status }) => status !== "ignored");
  const listed =
    named.length <= maxRows
      ? named
      : named.toSorted((a, b) => weight[a.status] - weight[b.status]).slice(0, maxRows);
  const nMore = rows.length - listed.length;
  if (nMore === 0) return { listed, rest: null };
  const isOfIgnored = listed === named && !isNamed;
  return { listed, rest: `${count(nMore, "other file")}${isOfIgnored ? ", not needed" : ""}` };
}
