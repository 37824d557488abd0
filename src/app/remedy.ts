import type { BackendChoice } from "../engine/protocol";
import {
  DeviceLimitError,
  FileRefusedError,
  FormatError,
  type LensError,
  LensMismatchError,
  MissingLensError,
  NoLensError,
  PromptError,
  ReaderStoppedError,
  ReadingFileError,
  UnsupportedError,
} from "../errors";

/** What a visitor can do about an error with one press; null where the sentence says all. */
export type Remedy = "retry" | "reload" | "withoutGpu" | "openOthers" | null;

/** What is wrong with what was given; other files may be right. */
const ofFiles = [
  FileRefusedError,
  FormatError,
  LensMismatchError,
  NoLensError,
  ReadingFileError,
  UnsupportedError,
];

/** For what could not be loaded or read. */
export function remedyFor(error: LensError, backend: BackendChoice): Remedy {
  if (error instanceof PromptError || error instanceof MissingLensError) return null;
  if (error instanceof DeviceLimitError) return "withoutGpu";
  if (error instanceof UnsupportedError && backend === "webgpu") return "withoutGpu";
  return error instanceof ReaderStoppedError ? "reload" : "retry";
}

/** For what was asked for beside that: a file, a lens. */
export function remedyForRefusal(error: LensError): Remedy {
  if (error instanceof DeviceLimitError) return "withoutGpu";
  if (error instanceof ReaderStoppedError) return "reload";
  return ofFiles.some((Kind) => error instanceof Kind) ? "openOthers" : null;
}
