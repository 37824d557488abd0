/** Bytes as base64 that a URL holds unescaped (RFC 4648 section 5), without padding. */
export function toBase64Url(bytes: Uint8Array): string {
  let binary = "";
  for (
    let i = 0;
    i < bytes.length;
    i += 0x8000 // as many as one call's arguments surely hold
  )
    binary += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** The bytes, or null where the text is no base64url. */
export function fromBase64Url(text: string): Uint8Array | null {
  if (!/^[\w-]*$/.test(text) || text.length % 4 === 1) return null;
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(binary, (c) => c.charCodeAt(0));
}
