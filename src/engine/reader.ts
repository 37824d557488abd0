import type { LensRequest, RowStatistics } from "../lens/backend";
import type { Translator } from "../lens/translator";

/** A prompt whose hidden states are kept, to be read with any lens; it follows another prompt's tokens. */
export type OpenPrompt = {
  /** The tokens whose hidden states are there. */
  readonly ids: readonly number[];
  /**
   * Keeps what these tokens begin with as the ones before did, and runs the model's blocks over the
   * rest. Where it ends early, `ids` says how far it came, and the next call goes on from there.
   *
   * @param ids at most `contextLength`
   * @throws signal.reason if `signal` aborts, between two chunks
   */
  follow(ids: readonly number[], signal?: AbortSignal): Promise<void>;
  /** As `LensBackend.read`, over positions of `ids`. */
  read(
    request: Omit<LensRequest<never>, "hidden">,
    signal?: AbortSignal,
  ): AsyncGenerator<RowStatistics>;
  dispose(): void;
};

/** A model that is ready to read, on one of the two providers. */
export type Reader = {
  readonly backend: "webgpu" | "wasm";
  /** The GPU in words; null on wasm. */
  readonly adapter: string | null;
  readonly threads: number;
  readonly runtimeVersion: string;
  /** A prompt of no tokens yet. */
  open(): OpenPrompt;
  /** Lets go of what is kept of translators that no read under way uses. */
  forget(translators: readonly (Translator | null)[]): void;
  dispose(): void;
};
