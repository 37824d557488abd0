/** Something the page can explain to its reader. Anything else that is thrown is a bug. */
export class LensError extends Error {
  override name = "LensError";
}

/** An array or tensor has another shape than the function it was given to asks for. */
export class ShapeError extends LensError {
  override name = "ShapeError";
  constructor(
    what: string,
    readonly shape: readonly number[],
    readonly expected: string,
  ) {
    super(`${what} has shape [${shape.join(", ")}], expected ${expected}`);
  }
}

/** A file is damaged, incomplete, or of a kind that is not read here; the message says which. */
export class FormatError extends LensError {
  override name = "FormatError";
}

/** A buffer or a dispatch is larger than this device allows. */
export class DeviceLimitError extends LensError {
  override name = "DeviceLimitError";
  constructor(
    readonly limit: keyof GPUSupportedLimits,
    readonly needed: number,
    readonly available: number,
  ) {
    super(
      `This model needs ${limit} ${needed}, and this GPU allows ${available}. Add ?backend=wasm to the address to read without the GPU.`,
    );
  }
}

/** A lens file that was made for another model, or with other parts than the model's. */
export class LensMismatchError extends LensError {
  override name = "LensMismatchError";
}

/** The GPU went away (a driver reset, a sleeping laptop): open a device again, or go on without. */
export class DeviceLostError extends LensError {
  override name = "DeviceLostError";
}

/** This browser or machine cannot do what was asked for. */
export class UnsupportedError extends LensError {
  override name = "UnsupportedError";
}

/** A reading that came from a file has no such lens, and no model is loaded to read with it. */
export class MissingLensError extends LensError {
  override name = "MissingLensError";
  constructor(
    readonly wanted: string,
    readonly open: string,
  ) {
    super(
      `This reading has no ${wanted} lens, only the ${open} lens. Press Read to read its prompt here, with both.`,
    );
  }
}

/** A kind of lens was chosen of which none is open. */
export class NoLensError extends LensError {
  override name = "NoLensError";
  constructor(wanted: string, inUse: string) {
    const file =
      wanted === "tuned"
        ? "params.pt, .safetensors or .npz file"
        : ".pt file, or its .safetensors or .npz";
    super(`No ${wanted} lens is open. Open its ${file}, or keep reading with the ${inUse} lens.`);
  }
}

/** The prompt cannot be read as it is. */
export class PromptError extends LensError {
  override name = "PromptError";
}

/** A file that was opened as a reading is none, or is damaged; the message says where. */
export class ReadingFileError extends LensError {
  override name = "ReadingFileError";
  constructor(
    readonly problem: string,
    readonly remedy = "Export → JSON saves one that can",
  ) {
    super(`This file cannot be opened as a reading: ${problem}. ${remedy}.`);
  }
}

/** A file that was given is nothing that is opened here; the message says what it is and what would be. */
export class FileRefusedError extends LensError {
  override name = "FileRefusedError";
}

/** Bytes that were to be fetched did not arrive, or not as they were published. */
export class DownloadError extends LensError {
  override name = "DownloadError";
}

/** A text that cannot be trained on or evaluated with: too short, too long, binary, all one token. */
export class TrainingTextError extends LensError {
  override name = "TrainingTextError";
}

/** A training that cannot begin or go on; what was trained is kept. */
export class TrainingError extends LensError {
  override name = "TrainingError";
}

/** A training that would end the same way however often it went on; to the page, a `TrainingError`. */
export class TrainingFailedError extends TrainingError {}

/** The loss or the parameters are no longer finite, or far above where they began. */
export class TrainingDivergedError extends LensError {
  override name = "TrainingDivergedError";
  constructor(readonly step: number) {
    super(
      `Training diverged at step ${step}. The best lens before that is kept; try a smaller learning rate.`,
    );
  }
}

/** What engines and onnxruntime-web say of memory that they were not given. */
const outOfMemory =
  /allocation failed|bad.?alloc|out of memory|could not allocate|invalid array length/i;

/** The worker died, or met a bug or the end of memory: nothing but a new page starts it again. */
export class ReaderStoppedError extends LensError {
  override name = "ReaderStoppedError";
  constructor(reason: string) {
    super(
      outOfMemory.test(reason)
        ? "The reader stopped: there was no memory left for it. Close other tabs, then reload the page."
        : `The reader stopped: ${reason.replace(/^Uncaught |\.$/g, "")}. Reload the page.`,
    );
  }
}

/** Asserts what only a bug here could break; input, files and hardware throw a LensError. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant: ${message}`);
}
