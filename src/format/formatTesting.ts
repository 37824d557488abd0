import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";

import { FormatError } from "../errors";

/** The bytes of a file in `fixtures/`. */
export const fixture = (path: string) =>
  new Uint8Array(readFileSync(join(import.meta.dirname, "fixtures", path)));

/** The sentence of the FormatError that a promise must reject with. */
export async function errorOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => new Error("nothing was thrown"),
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(FormatError);
  return (error as FormatError).message;
}
