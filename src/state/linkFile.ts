/** A file that a link names; whatever has another sum is another file. */
export type LinkFile = {
  /** What it was called where the link was made; text from anyone. */
  readonly name: string;
  /** Lower-case hex. */
  readonly sha256: string;
};

/** A lens that is no part of the page. */
export type LinkLens = LinkFile & {
  /** Where it can be fetched, once the visitor says so; null where it is a file of somebody's. */
  readonly remote: { readonly url: string; readonly sizeBytes: number } | null;
};

/** In UTF-16 units. */
export const maxNameLength = 200;
const maxUrlLength = 2000;
/** Past this a browser has no room for a lens. */
const maxRemoteBytes = 4e9;

/** A name as a link gives it; null where it is empty or too long. What is not drawn is left out. */
export function parseName(value: string): string | null {
  if (value.length > maxNameLength) return null;
  const name = value.replace(/\p{C}/gu, "").trim();
  return name === "" ? null : name;
}

export const parseSha256 = (value: string) => (/^[0-9a-f]{64}$/.test(value) ? value : null);

/** An address that a page may fetch without harm: over https, or from this machine; without a password. */
export function parseUrl(value: string): string | null {
  if (value.length > maxUrlLength || !URL.canParse(value)) return null;
  const url = new URL(value);
  const isLocal = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  const isSafe = url.protocol === "https:" || (url.protocol === "http:" && isLocal);
  const isPlain = url.username === "" && url.password === "" && url.href.length <= maxUrlLength;
  return isSafe && isPlain ? url.href : null;
}

/** A size in bytes. */
export function parseSize(value: string): number | null {
  const size = /^\d{1,10}$/.test(value) ? Number(value) : 0;
  return size > 0 && size <= maxRemoteBytes ? size : null;
}
