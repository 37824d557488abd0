import { unzipSync } from "fflate";
import { expect, test } from "vitest";

import { UnsupportedError } from "../errors";
import { crc32 } from "./crc32";
import { zipBlob } from "./zipWriter";

const utf8 = new TextEncoder();
const bytesOf = async (blob: Blob) => new Uint8Array(await blob.arrayBuffer());

/** Where each file's bytes begin, by the local headers alone, read from front to back. */
function walk(zip: Uint8Array): { name: string; start: number; size: number; crc: number }[] {
  const view = new DataView(zip.buffer, zip.byteOffset);
  const files = [];
  for (let at = 0; view.getUint32(at, true) === 0x04034b50; ) {
    const nameEnd = at + 30 + view.getUint16(at + 26, true);
    const start = nameEnd + view.getUint16(at + 28, true);
    const size = view.getUint32(at + 18, true);
    const name = new TextDecoder().decode(zip.subarray(at + 30, nameEnd));
    files.push({ name, start, size, crc: view.getUint32(at + 14, true) });
    at = start + size;
  }
  return files;
}

test("zipBlob makes an archive that fflate unpacks to the same files, from arrays and blobs alike", async () => {
  const long = new Uint8Array(2 ** 22 + 3); // two slices
  long.set([1, 2, 3, 4, 5, 6], 2 ** 22 - 3);
  const zip = await bytesOf(
    await zipBlob([
      { name: "config.json", data: [utf8.encode("{}")] },
      { name: "größe/params.pt", data: new Blob([long]) },
      { name: "parts", data: [long.subarray(-6, -2), long.subarray(-2)] },
      { name: "empty", data: [] },
    ]),
  );
  const files = unzipSync(zip);
  expect(Object.keys(files)).toEqual(["config.json", "größe/params.pt", "parts", "empty"]);
  expect(files["config.json"]).toEqual(utf8.encode("{}"));
  expect(Buffer.from(files["größe/params.pt"]).equals(long)).toBe(true);
  expect(walk(zip)[1].crc).toBe(crc32(long));
  expect(files.parts).toEqual(long.subarray(-6));
  expect(files.empty).toEqual(new Uint8Array(0));
});

test("zipBlob writes sizes and CRCs before the data, which begins at multiples of 64", async () => {
  const inner = await zipBlob([{ name: "a", data: [utf8.encode("a")] }]);
  const zip = await bytesOf(
    await zipBlob([
      // Names of 1 to 70 bytes, so that every padding from 0 to 63 occurs.
      ...Array.from({ length: 70 }, (_, i) => ({
        name: "n".repeat(i + 1),
        data: [utf8.encode("x")],
      })),
      { name: "inner.zip", data: inner },
    ]),
  );
  const files = walk(zip);
  expect(files.length).toBe(71);
  for (const { start, size, crc } of files) {
    expect(start % 64).toBe(0);
    expect(crc).toBe(crc32(zip.subarray(start, start + size)));
  }
  expect(files.at(-1)).toMatchObject({ name: "inner.zip", size: inner.size });
});

test("zipBlob gives the same bytes for the same files, whatever the day", async () => {
  const files = [{ name: "a", data: [utf8.encode("abc")] }];
  const zip = await bytesOf(await zipBlob(files));
  expect(zip).toEqual(await bytesOf(await zipBlob(files)));
  expect([...zip.subarray(10, 14)]).toEqual([0, 0, 0x21, 0]); // midnight, 1980-01-01
});

test("zipBlob refuses 4 GB before it reads a byte, and names the other way", async () => {
  const megabyte = new Uint8Array(2 ** 20);
  const files = [{ name: "params.pt", data: Array<Uint8Array>(4096).fill(megabyte) }];
  const error = await zipBlob(files).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UnsupportedError);
  expect((error as Error).message).toBe(
    "This would be a zip of 4.3 GB, and up to 4.2 GB are written here. Save the lens as safetensors.",
  );
});

test("zipBlob takes two files of one name, or more than a zip counts, for a bug", async () => {
  const file = { name: "a", data: [] };
  await expect(zipBlob([file, file])).rejects.toThrow("two files of one name");
  const many = Array.from({ length: 65_535 }, (_, i) => ({ name: `${i}`, data: [] }));
  await expect(zipBlob(many)).rejects.toThrow("more files");
});
