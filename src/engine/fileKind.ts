import { openZip } from "../format/zip";
import type { NamedBlob } from "./protocol";

/** What a file is, as far as its first bytes and its name tell. */
export type FileKind =
  | "gguf"
  | "safetensors"
  | "torch"
  | "npz"
  | "json"
  /** A zip of anything else: a folder. */
  | "folder"
  | "other";

const torchNames = /\.(pt|pth|bin|ckpt|pkl)$/i;

/** What a browser or a download tool leaves in a file's place. */
const standIns: readonly (readonly [RegExp, string])[] = [
  [
    /^version https:\/\/git-lfs/,
    "It is a Git LFS pointer, which stands where the file should be: fetch the file itself with git lfs pull, or from the site's download link.",
  ],
  [
    /^\s*<(!doctype|html|\?xml)/i,
    "It is a web page, which was saved in the file's place: use the site's download link.",
  ],
];

/** Why a file is not what its name says, as a sentence; null where it may well be. */
export async function standIn({ blob }: NamedBlob): Promise<string | null> {
  const text = new TextDecoder("latin1").decode(await headOf(blob, 64));
  return standIns.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

/** @throws FormatError if it is a damaged zip */
export async function fileKind({ name, blob }: NamedBlob): Promise<FileKind> {
  const head = await headOf(blob, 9);
  const text = new TextDecoder("latin1").decode(head);
  if (text.startsWith("GGUF")) return "gguf";
  if (text.startsWith("PK\u0003\u0004") || text.startsWith("PK\u0005\u0006")) return zipKind(blob);
  // Before JSON: a header's length may begin as JSON does.
  if (isSafetensors(head)) return "safetensors";
  if (/^(\ufeff|\u00ef\u00bb\u00bf)?\s*[[{]/.test(text)) return "json";
  if (/\.safetensors$/i.test(name)) return "safetensors";
  if (/\.npz$/i.test(name)) return "npz";
  if (head[0] === 0x80 || torchNames.test(name)) return "torch";
  return /\.json$/i.test(name) ? "json" : "other";
}

/** The length of its header, in 64 bits and less than 4 GB, and the header. */
const isSafetensors = (head: Uint8Array) =>
  head[8] === 0x7b && head.subarray(4, 8).every((byte) => byte === 0);

async function zipKind(blob: Blob): Promise<FileKind> {
  const names = [...(await openZip(blob, 0)).keys()];
  if (names.some((name) => name.endsWith("/data.pkl") || name === "data.pkl")) return "torch";
  return names.length > 0 && names.every((name) => name.endsWith(".npy")) ? "npz" : "folder";
}

const headOf = async (blob: Blob, bytes: number) =>
  new Uint8Array(await blob.slice(0, bytes).arrayBuffer());
