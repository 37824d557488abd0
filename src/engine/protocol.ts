import type { Row } from "../lens/backend";
import type { LensInfo, ModelInfo, Reading } from "../lens/reading";
import type { App } from "../lens/readingJson";
import type { TrainingEngine } from "./trainingProtocol";

/** `auto`: WebGPU on a real adapter, wasm otherwise. */
export type BackendChoice = "auto" | "webgpu" | "wasm";

/** What loading reports, often; sizes in bytes, decimal units on the page. */
export type LoadProgress =
  | {
      readonly status: "downloading";
      readonly name: string;
      readonly loadedBytes: number;
      readonly totalBytes: number;
      /** Over the last seconds; 0 at the start. */
      readonly bytesPerSecond: number;
    }
  /** Everything is here; weights are unpacked and the session is made. */
  | { readonly status: "preparing"; readonly name: string };

/** A lens that is open, as the page lists it. */
export type OpenLensInfo = LensInfo & {
  /** Of the model's layers, how many it has a translator for. */
  readonly nLayers: number;
  /** Of its file, as it was given. */
  readonly sizeBytes: number;
  /** It came with the page. */
  readonly isBundled: boolean;
  /** Where a link found it; null for a file of this machine's. */
  readonly url: string | null;
  /** What to know of it, a sentence each. */
  readonly warnings: readonly string[];
};

export type EngineInfo = {
  readonly model: ModelInfo;
  /** The model came with the page. */
  readonly isBundled: boolean;
  /** False where a prompt is token ids. */
  readonly hasTokenizer: boolean;
  /** Of the model's prompt, in tokens. */
  readonly contextLength: number;
  /** Every open lens but the logit lens, which is always there; the newest last. */
  readonly lenses: readonly OpenLensInfo[];
  readonly backend: "webgpu" | "wasm";
  /** Threads of the wasm provider. */
  readonly threads: number;
  /** The GPU in words, or null on wasm. */
  readonly adapter: string | null;
  /** What of the machine or the model is not as hoped for, in sentences; null where all of it is. */
  readonly notice: string | null;
  readonly versions: Readonly<Record<string, string>>;
};

export type ReadRequest = {
  /** Text, or token ids. */
  readonly prompt: string | readonly number[];
  /** A kind (`logit`, `tuned`) or the name of an open lens. */
  readonly lens: string;
  /** 10 unless given. */
  readonly topK?: number;
  /** The rows to read; all unless given. The output row is always among them. */
  readonly rows?: readonly Row[];
};

/** A file by the path that it was given under: a folder's files have its name in front. */
export type NamedBlob = { readonly name: string; readonly blob: Blob };

/** What files turn out to be, each in one of these. */
export type Found =
  | { readonly kind: "model"; readonly name: string; readonly files: readonly NamedBlob[] }
  | FoundLens
  /** A reading that was saved here, or a JSON file that is nothing else. */
  | { readonly kind: "reading"; readonly file: NamedBlob }
  /** Not opened, and not missed: a README, a folder's other files. */
  | { readonly kind: "ignored"; readonly file: NamedBlob }
  /** Nothing that is opened here, or damaged: `why` is a sentence. */
  | { readonly kind: "refused"; readonly file: NamedBlob; readonly why: string };

export type FoundModel = Extract<Found, { kind: "model" }>;

/** A lens's parameters, and the `config.json` and `receipt.json` that lay beside them. */
export type FoundLens = {
  readonly kind: "lens";
  /** The file's, or the folder's where the file is called as all of them are. */
  readonly name: string;
  readonly parameters: NamedBlob;
  readonly config: NamedBlob | null;
  readonly receipt: NamedBlob | null;
};

/** A lens as a link names it. */
export type LinkedLens = {
  readonly name: string;
  /** Of the file's bytes, lower-case hex. */
  readonly sha256: string;
  readonly url: string;
  readonly sizeBytes: number;
};

/** A folder for Python's tuned-lens, zipped, or one safetensors file, of float32 or half its size. */
export type LensFormat = "folder" | "safetensors" | "float16";

/** Called with each reading of a prompt, the later ones with more cells. */
export type OnReading = (reading: Reading) => void;

/**
 * What runs in the worker. One load and one read at a time: a newer read ends the one before it,
 * which then rejects with an `AbortError`.
 *
 * Everything else that rejects with a `LensError` kind as its `name` is a sentence for the page.
 */
export type Engine = {
  /** Loads the bundled model and its lens. Called again, it waits for the same load. */
  load(backend: BackendChoice, onProgress: (progress: LoadProgress) => void): Promise<EngineInfo>;
  /**
   * Resolves to the whole reading; loads first where nothing is loaded. What was read of the tokens
   * that this prompt and the last one begin with is kept, for each lens: only the rest is computed.
   */
  read(request: ReadRequest, onReading: OnReading): Promise<Reading>;
  /** Token ids of the text; no special tokens are added, those written in it are recognised. */
  tokenize(text: string): Promise<number[]>;
  /**
   * What these files are, by their bytes and their folders; a zipped folder's files are looked at one
   * by one. Nothing is opened. Ten thousand are too many.
   */
  inspect(files: readonly NamedBlob[]): Promise<Found[]>;
  /**
   * Opens a model in place of the one in use, which stays where this one is refused; null is the bundled
   * one. The lenses that were open for a model are open again when it comes back, the newest first, as far
   * as a gigabyte holds them.
   */
  openModel(
    model: FoundModel | null,
    backend: BackendChoice,
    onProgress: (progress: LoadProgress) => void,
  ): Promise<EngineInfo>;
  /**
   * Opens a lens for the model in use; resolves to its name among the open ones. The same file again is
   * the lens that is open.
   *
   * @param sha256 what the file is expected to be; null where any will do
   */
  openLens(lens: FoundLens, sha256: string | null, url: string | null): Promise<string>;
  /** Fetches the lens file that a link names; whether it is that file is seen when it is opened. */
  fetchLens(lens: LinkedLens, onProgress: (progress: LoadProgress) => void): Promise<NamedBlob>;
  /** Ends the fetch that is under way, which then rejects with an `AbortError`. */
  cancelFetch(): Promise<void>;
  /** Lets go of a lens; the bundled one stays. */
  closeLens(name: string): Promise<void>;
  /** The lens as a file that Python opens. */
  saveLens(name: string, format: LensFormat, app: App): Promise<Blob>;
  /** What is loaded now. */
  info(): Promise<EngineInfo>;
  /** Ends the load or the read that is under way, which then rejects with an `AbortError`. */
  cancel(): Promise<void>;
  /** Whether `load` needs no download: the files are cached here, or this machine serves them. */
  isAtHand(): Promise<boolean>;
} & TrainingEngine;
