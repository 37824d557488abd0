import { UnsupportedError } from "../errors";

/** What Chromium, Firefox, Safari and onnxruntime's wasm say; the standards leave the words open. */
const memoryWords =
  /bad_alloc|out of memory|\(OOM\)|allocation (failed|size overflow)|(could not|failed to|can't) allocate|invalid (typed )?array (buffer )?length/i;

/** A number is the address of a C++ exception: onnxruntime has words for all but that of an allocation. */
const isOutOfMemory = (error: unknown) =>
  typeof error === "number" ||
  (error instanceof Error &&
    !(error instanceof UnsupportedError) &&
    memoryWords.test(error.message));

/** What is thrown in place of an error: one that the page can explain where there was no memory. */
export function explained(error: unknown): unknown {
  if (!isOutOfMemory(error)) return error;
  return new UnsupportedError(
    "This model needs more memory than the browser gives. Close other tabs and open it again, or open a smaller model.",
  );
}
