import type { BackendChoice, EngineInfo, LoadProgress, ReadRequest } from "../engine/protocol";
import type { LensError } from "../errors";
import type { LensInfo, Reading } from "../lens/reading";
import type { Source } from "./shelf";

export type LensKind = LensInfo["kind"];

export type LensNames = Readonly<Partial<Record<LensKind, string>>>;

/** Where the page stands with the prompt that it reads. */
export type Progress =
  | { readonly status: "idle" }
  /** `load` is null until the engine has reported. */
  | { readonly status: "loading"; readonly load: LoadProgress | null }
  | { readonly status: "reading" }
  /** `load` is how far a load had come; null where a read was cancelled. */
  | { readonly status: "cancelled"; readonly load: LoadProgress | null }
  /** `request` is what was to be read, or null where nothing was. */
  | { readonly status: "failed"; readonly error: LensError; readonly request: Asked | null };

/** What was asked for; where no lens is, the one that is chosen when it is read. */
export type Asked = Omit<ReadRequest, "lens"> & Partial<Pick<ReadRequest, "lens">>;

export type ReadingState = {
  /** What stands in the prompt box. */
  readonly prompt: string;
  /** Token ids that are read in place of what stands in the box, until it is edited. */
  readonly ids: readonly number[] | null;
  readonly lens: LensKind;
  /** By kind, the name of the lens that is read with where several of that kind are open. */
  readonly lensNames: LensNames;
  readonly backend: BackendChoice;
  /** null until the model is loaded. */
  readonly info: EngineInfo | null;
  readonly progress: Progress;
  /** What was asked for and cannot be had, beside whatever is loaded or read meanwhile. */
  readonly refusal: LensError | null;
  /** What is drawn. It stays while a newer one is computed, and when that fails. */
  readonly reading: Reading | null;
  /** The logit lens's reading of the same cells, perhaps in part; null until it comes. */
  readonly logit: Reading | null;
  readonly source: Source;
  /** Whether what is on screen, or is read, followed the typing. */
  readonly isTyped: boolean;
  /** How long the reading took, without loading; null until it is whole, and where it was recorded. */
  readonly elapsedMs: number | null;
  /** The last reading whose every row is on screen, some frames after it became `reading`. */
  readonly drawn: Reading | null;

  /** The box holds another text: where the model is loaded, the reading follows. */
  edit(prompt: string): void;
  /** Puts a prompt into the box and reads nothing: what was to come for another one does not. */
  place(prompt: ReadRequest["prompt"]): void;
  /** Loads the model and its lens, once. */
  load(): Promise<EngineInfo>;
  /** Loads the model, then reads what stands in the box, unless something else is read by then. */
  open(): Promise<void>;
  /**
   * Reads a prompt, by default what stands in the box with the lens that is chosen, and shows it.
   * Resolves to the whole reading.
   *
   * @throws LensError what the page then shows
   * @throws DOMException named `AbortError` where it was cancelled or a newer read overtook it
   */
  read(request?: Partial<ReadRequest>): Promise<Reading>;
  /** Shows readings of one prompt that were made elsewhere, one a lens. */
  show(readings: readonly Reading[], source: Source): void;
  /**
   * Shows readings once they are here, unless the visitor has gone on to something else by then; what
   * cannot be had is refused. Resolves to whether they are shown.
   */
  bring(readings: Promise<readonly Reading[]>, source: Source): Promise<boolean>;
  /**
   * Reads what is read or shown now with another lens: the one of that name, or the one that was in use
   * of its kind. Where none of that kind is open it is refused, and the lens stays.
   */
  choose(lens: LensKind, name?: string): Promise<void>;
  /** The name of the lens in use, as far as it is open; null where it is not. */
  nameInUse(): string | null;
  /**
   * Takes another model in place of the one in use, and reads nothing. Where it is refused, what is
   * loaded and what is on screen stay.
   *
   * @param open opens it; what it throws is thrown here
   */
  replaceModel(open: (report: (load: LoadProgress) => void) => Promise<EngineInfo>): Promise<void>;
  /** Lenses were opened or closed: with one that is closed nothing is read any more. */
  know(info: EngineInfo): Promise<void>;
  /**
   * A lens has grown under its name, as one in training does: what was read with it is forgotten, and
   * where it is on screen it is read anew. Resolves to false, and does nothing more, while something is read.
   */
  readAgain(name: string): Promise<boolean>;
  /**
   * What is on screen: the reading of the lens in use, then the logit lens's, once it is there. None
   * while the reading is not whole.
   */
  readings(): Promise<Reading[]>;
  /** Does again what failed. */
  retry(): Promise<void>;
  /** Ends the load or the read that is under way; the prompt and the last reading stay. */
  cancel(): void;
  /** Says what could not be done; what is on screen stays. */
  refuse(error: LensError): void;
  dismiss(): void;
  /** The heatmap says that it has drawn a reading. */
  drew(reading: Reading): void;
};
