import type { LensRequest, RowStatistics } from "../lens/backend";

/** A prompt whose hidden states are there, to be read with any lens. */
export type OpenPrompt = {
  /** As `LensBackend.read`, over all positions. */
  read(
    request: Omit<LensRequest<never>, "hidden" | "positions">,
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
  /** Runs the model's blocks over a prompt of token ids. */
  open(ids: readonly number[], signal?: AbortSignal): Promise<OpenPrompt>;
  dispose(): void;
};
