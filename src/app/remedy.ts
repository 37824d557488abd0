import type { BackendChoice } from "../engine/protocol";
import {
  DeviceLimitError,
  type LensError,
  MissingLensError,
  PromptError,
  ReadingFileError,
  UnsupportedError,
} from "../errors";

/** What a visitor can do about an error with one press; null where the sentence says all. */
export type Remedy = "retry" | "reload" | "withoutGpu" | "openOthers" | null;

export function remedyFor(error: LensError, backend: BackendChoice): Remedy {
  if (error instanceof PromptError || error instanceof MissingLensError) return null;
  if (error instanceof ReadingFileError) return "openOthers";
  if (error instanceof DeviceLimitError) return "withoutGpu";
  if (error instanceof UnsupportedError && backend === "webgpu") return "withoutGpu";
  return error.name === "ReaderStoppedError" ? "reload" : "retry";
}
