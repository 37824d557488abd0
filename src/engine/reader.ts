import type { LensRequest, RowStatistics } from "../lens/backend";
import type { TrainingBackend } from "../lens/trainingBackend";
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

/** An open prompt whose hidden states a training may look at, as far as its `ids` go. */
export type HiddenPrompt<Hidden> = OpenPrompt & {
  /** `h_0 … h_L`, `[≥ ids.length, dModel]`; anew after each `follow`. */
  readonly hidden: readonly Hidden[];
};

/** What lenses are trained with. */
export type TrainingKit<Hidden> = {
  readonly backend: TrainingBackend<Hidden>;
  /** A prompt of no tokens yet. */
  open(): HiddenPrompt<Hidden>;
};

/** Texts that the model writes side by side: each grows by a token at a time. */
export type Lockstep = {
  /**
   * Adds a token to each text.
   *
   * @returns the model's distribution of the token after it, `[lanes, vocab]`, each row times some number
   */
  next(ids: readonly number[]): Promise<Float32Array>;
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
  /** So many texts of no tokens yet. */
  openLockstep(lanes: number): Lockstep;
  /** What to train with: made at the first call, and let go with the reader. */
  training<T>(use: <Hidden>(kit: TrainingKit<Hidden>) => T): T;
  /** Lets go of what is kept of translators that no read under way uses. */
  forget(translators: readonly (Translator | null)[]): void;
  dispose(): void;
};
