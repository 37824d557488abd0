import { join } from "node:path";

import { errorOf, fixture as fixtureOf } from "./formatTesting";
import { openTorch } from "./torch";
import { zipBlob } from "./zipWriter";

/** Written by fixtures/make_torch.py with PyTorch. */
export const folder = join(import.meta.dirname, "fixtures/torch");
export const fixture = (name: string) => fixtureOf(`torch/${name}`);

/** What the tests let a file unpack to. */
export const megabyte = 2 ** 20;

export const open = (bytes: Uint8Array<ArrayBuffer>, maxBytes = megabyte) =>
  openTorch(new Blob([bytes]), maxBytes);
export const openFixture = (name: string) => open(fixture(name));

// Pickles in protocol 0 where it can say it, a character a byte, so that they can be read in a test.

export const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
export const text = (value: string) => `V${value}\n`;
export const integer = (value: number | string) => `I${value}\n`;
export const tuple = (...items: string[]) => `(${items.join("")}t`;

export function dict(entries: Record<string, string>): string {
  const pairs = Object.entries(entries).map(([key, value]) => text(key) + value);
  return `}(${pairs.join("")}u`;
}

export function storage(key: string, count: number | string, type = "torch\nFloatStorage"): string {
  return `${tuple(text("storage"), `c${type}\n`, text(key), text("cpu"), integer(count))}Q`;
}

export function tensor(
  stored: string,
  { offset = "0", shape = ["2", "2"], strides = ["2", "1"] } = {},
): string {
  const axes = [shape, strides].map((sizes) => tuple(...sizes.map(integer)));
  return `ctorch._utils\n_rebuild_tensor\n${tuple(stored, integer(offset), ...axes)}R`;
}

/** A torch file of this pickle, and a storage 0 of four ones unless `others` has another. */
export function zipOf(pickle: string, others: Record<string, string> = {}): Promise<Blob> {
  const files = {
    "a/data.pkl": `${pickle}.`,
    "a/data/0": "\0\0\x80\x3f".repeat(4),
    ...others,
  };
  return zipBlob(Object.entries(files).map(([name, data]) => ({ name, data: [bytesOf(data)] })));
}

export const openPickle = async (pickle: string, others?: Record<string, string>) =>
  openTorch(await zipOf(pickle, others), megabyte);
export const refusalOf = (pickle: string, others?: Record<string, string>) =>
  errorOf(openPickle(pickle, others));
