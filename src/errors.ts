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

/** The prompt cannot be read as it is. */
export class PromptError extends LensError {
  override name = "PromptError";
}

/** Bytes that were to be fetched did not arrive, or not as they were published. */
export class DownloadError extends LensError {
  override name = "DownloadError";
}

/** Asserts what only a bug here could break; input, files and hardware throw a LensError. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`invariant: ${message}`);
}
