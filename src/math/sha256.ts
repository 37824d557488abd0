/**
 * SHA-256 in lower-case hex: the browser's own, or, on a page over plain http, where browsers offer
 * none, a slower one in WebAssembly.
 */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  if (!globalThis.crypto?.subtle) return (await import("hash-wasm")).sha256(bytes);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
