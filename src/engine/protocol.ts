import type { Row } from "../lens/backend";
import type { LensInfo, ModelInfo, Reading } from "../lens/reading";

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

export type EngineInfo = {
  readonly model: ModelInfo;
  /** Of the model's prompt, in tokens. */
  readonly contextLength: number;
  /** Every open lens but the logit lens, which is always there. */
  readonly lenses: readonly LensInfo[];
  readonly backend: "webgpu" | "wasm";
  /** Threads of the wasm provider. */
  readonly threads: number;
  /** The GPU in words, or null on wasm. */
  readonly adapter: string | null;
  /** Why the backend is not the one that was hoped for, as a sentence; null where it is. */
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
  /** Ends the load or the read that is under way, which then rejects with an `AbortError`. */
  cancel(): Promise<void>;
  /** Whether `load` needs no download: the files are cached here, or this machine serves them. */
  isAtHand(): Promise<boolean>;
};
