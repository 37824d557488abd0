import { expect, test } from "vitest";

import { UnsupportedError } from "../errors";
import { explained } from "./outOfMemory";

test.each([
  new RangeError("Array buffer allocation failed"),
  new RangeError("Invalid typed array length: 5000000000"),
  new RangeError("invalid array length"),
  new RangeError("WebAssembly.Memory(): could not allocate memory"),
  new Error("Can't create a session. ERROR_CODE: 6, ERROR_MESSAGE: std::bad_alloc"),
  new Error("Aborted(OOM). Build with -sASSERTIONS for more info."),
  new Error("Failed to allocate memory for requested buffer of size 4294967296"),
  new TypeError("Out of memory"),
  5_242_880, // how onnxruntime's wasm throws what C++ threw
])("%s is explained", (error) => {
  expect(explained(error)).toBeInstanceOf(UnsupportedError);
  expect((explained(error) as Error).message).toContain("needs more memory than the browser gives");
});

test("what is not about memory stays what it is", () => {
  for (const error of [
    new RangeError("offset is out of bounds"),
    new RangeError("Maximum call stack size exceeded"),
    new UnsupportedError("x needs 5 MB of memory: allocation failed"),
    "bad_alloc",
    undefined,
  ]) {
    expect(explained(error)).toBe(error);
  }
});
