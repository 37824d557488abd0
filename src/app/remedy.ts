import type { BackendChoice } from "../engine/protocol";
import { DeviceLimitError, type LensError, PromptError, UnsupportedError } from "../errors";

/** What a visitor can do about an error with one press; null where the sentence says all. */
export type Remedy = "retry" | "reload" | "withoutGpu" | null;

export function remedyFor(error: LensError, backend: BackendChoice): Remedy {
  if (error instanceof PromptError) return null;
  if (error instanceof DeviceLimitError) return "withoutGpu";
  if (error instanceof UnsupportedError && backend === "webgpu") return "withoutGpu";
  return error.name === "ReaderStoppedError" ? "reload" : "retry";
}
