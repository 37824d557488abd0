import { deflateSync } from "fflate";

import { fromBase64Url, toBase64Url } from "./base64url";
import { inflateUpTo } from "./inflateUpTo";

/** What is read: text, or token ids in [0, 2^31). */
export type LinkPrompt = string | readonly number[];

/** In UTF-16 units, of the text or of the ids with commas between: no longer prompt is in a link. */
export const maxPromptLength = 200_000;

/** Parameters that hold a prompt; those in `z` are deflated, then base64url. */
export const promptParameters = ["prompt", "promptz", "ids", "idsz"] as const;

/** Escaped characters up to which a prompt stays readable; a longer one is deflated where that is shorter. */
const readableLength = 500;

/** A UTF-16 unit is at most three bytes of UTF-8. */
const maxPromptBytes = 3 * maxPromptLength;

/** Half characters have no bytes: they become U+FFFD, as which the engine reads them. */
const textOf = (prompt: LinkPrompt) =>
  typeof prompt === "string" ? prompt.toWellFormed() : prompt.join(",");

/** False where the prompt is too long to be part of a link. */
export const fitsLink = (prompt: LinkPrompt) => textOf(prompt).length <= maxPromptLength;

/** Whether two prompts read the same; text is never the same as ids. */
export const isSamePrompt = (a: LinkPrompt, b: LinkPrompt) =>
  typeof a === typeof b && textOf(a) === textOf(b);

/** What `encodeURIComponent` leaves and Markdown, chats and mails end a link at. */
export const escapeForUrl = (text: string) =>
  encodeURIComponent(text).replace(
    /[!'()*]|\.$/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );

/** The prompt as one parameter of the hash, `name=value`. */
export function encodePrompt(prompt: LinkPrompt): string {
  const text = textOf(prompt);
  const [name, readable] =
    typeof prompt === "string" ? ["prompt", escapeForUrl(text)] : ["ids", text];
  if (readable.length > readableLength) {
    const deflated = toBase64Url(deflateSync(new TextEncoder().encode(text), { level: 9 }));
    if (deflated.length < readable.length) return `${name}z=${deflated}`;
  }
  return `${name}=${readable}`;
}

/** @returns null where the value is damaged or holds a longer prompt than a link may */
export function decodePrompt(
  name: (typeof promptParameters)[number],
  value: string,
): LinkPrompt | null {
  const text = name.endsWith("z") ? inflateText(value) : value;
  if (text === null || text.length > maxPromptLength) return null;
  return name.startsWith("prompt") ? text.toWellFormed() : parseIds(text);
}

function inflateText(value: string): string | null {
  const deflated = fromBase64Url(value);
  const bytes = deflated && inflateUpTo(deflated, maxPromptBytes);
  if (!bytes) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null; // no UTF-8
  }
}

function parseIds(text: string): number[] | null {
  if (text === "") return [];
  const ids: number[] = [];
  for (const digits of text.split(",")) {
    const id = Number(digits);
    if (!/^\d{1,10}$/.test(digits) || id >= 2 ** 31) return null;
    ids.push(id);
  }
  return ids;
}
