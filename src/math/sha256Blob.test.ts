import { createHash } from "node:crypto";
import { expect, test } from "vitest";

import { FormatError } from "../errors";
import { createSha256, sha256OfBlobs } from "./sha256Blob";

const sumOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test("sha256OfBlobs is that of FIPS 180-4's examples", async () => {
  expect(await sha256OfBlobs([new Blob(["abc"])])).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
  expect(await sha256OfBlobs([])).toMatch(/^e3b0c44298fc1c149afbf4c8996fb924/);
});

test("sha256OfBlobs takes files one after the other, as if they were one", async () => {
  // Longer than a slice, and no multiple of SHA-256's blocks.
  const bytes = Uint8Array.from({ length: 4_500_001 }, (_, i) => (i * i) % 251);
  const parts = [bytes.subarray(0, 3_000_000), bytes.subarray(3_000_000)];
  expect(await sha256OfBlobs(parts.map((part) => new Blob([part])))).toBe(sumOf(bytes));
  expect(await sha256OfBlobs([new Blob([bytes])])).toBe(sumOf(bytes));
  expect(await sha256OfBlobs(parts.toReversed().map((part) => new Blob([part])))).not.toBe(
    sumOf(bytes),
  );
});

test("createSha256 takes bytes in pieces of any length", async () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i);
  const hash = await createSha256();
  hash.update(bytes.subarray(0, 0));
  hash.update(bytes.subarray(0, 65));
  hash.update(bytes.subarray(65));
  expect(hash.hex()).toBe(sumOf(bytes));
});

test("sha256OfBlobs says that a file has gone or become shorter", async () => {
  const blob = new Blob([new Uint8Array(100)]);
  Object.defineProperty(blob, "size", { value: 101 });
  await expect(sha256OfBlobs([blob])).rejects.toThrow(FormatError);
  await expect(sha256OfBlobs([blob])).rejects.toThrow("choose it again");
  const gone = new Blob([new Uint8Array(100)]);
  const error = new DOMException("gone", "NotReadableError");
  gone.stream = () => new ReadableStream({ type: "bytes", pull: (to) => to.error(error) });
  await expect(sha256OfBlobs([gone])).rejects.toThrow("choose it again");
});

test("sha256OfBlobs reads streams that fill no buffer of ours", async () => {
  const bytes = new Uint8Array(3_000_000).fill(7);
  const blob = new Blob([bytes]);
  const expected = await sha256OfBlobs([blob]);
  blob.stream = () => new Response(bytes).body!.pipeThrough(new TransformStream());
  expect(await sha256OfBlobs([blob])).toBe(expected);
});

test("sha256OfBlobs stops where it is told to", async () => {
  const reason = new DOMException("stopped", "AbortError");
  await expect(sha256OfBlobs([new Blob(["abc"])], AbortSignal.abort(reason))).rejects.toBe(reason);
});
