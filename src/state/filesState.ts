import type { LensFormat } from "../engine/protocol";
import type { LinkLens } from "./linkFile";

/** What becomes of a file that was given, from the first look to the end; `read` was one beside another. */
export type FileStatus = "reading" | "read" | "used" | "ignored" | "refused";

export type FileRow = {
  readonly name: string;
  readonly sizeBytes: number;
  /** Of a file that is fetched, so much is here; null of any other. */
  readonly loadedBytes: number | null;
  readonly status: FileStatus;
  /** What it turned out to be, or why it was refused; null while nobody knows. */
  readonly note: string | null;
};

/** A lens that a link asks for, and how it stands with it. */
export type WantedLens = LinkLens & { readonly kind: "tuned" | "jacobian" };

export type FilesState = {
  /** The files that were given last; none once they are dismissed, or the visitor goes on. */
  readonly rows: readonly FileRow[];
  /** null where no link asks for a lens, or it is open. */
  readonly wanted: WantedLens | null;
  /** The sha256 of each lens that was saved as a file. */
  readonly saved: readonly (string | null)[];

  /**
   * Opens what was dropped on the page, chosen or pasted: readings, lenses, a model. What cannot be
   * opened is refused on the page, and what is in use stays.
   */
  open(files: readonly File[]): Promise<void>;
  /**
   * As `open`, for scripts.
   *
   * @throws LensError the first sentence that the page shows
   */
  openOrThrow(files: readonly File[]): Promise<void>;
  /** Takes the page's own model again. */
  openBundled(): Promise<void>;
  /** Lets go of a lens. */
  close(name: string): Promise<void>;
  /** An open lens as a file, and what to call it: the one of that name, or the one in use. */
  save(format: LensFormat, name?: string): Promise<{ readonly blob: Blob; readonly name: string }>;
  /** A link asks for a lens; with null it is done without, and what is fetched of it is let go. */
  want(lens: WantedLens | null): Promise<void>;
  /** Fetches the lens that the link names: the visitor has seen from where. */
  fetchWanted(): Promise<void>;
  /** Forgets the rows of files. */
  dismiss(): void;
};
