export const utf8 = new TextEncoder();

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
export const decodeUtf8 = (bytes: Uint8Array) => decoder.decode(bytes);

const strictDecoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });

/** Decodes what is UTF-8, and keeps each other byte as `U+DC00 + byte`. */
export function decodeEscaping(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at];
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    try {
      text += strictDecoder.decode(bytes.subarray(at, at + length));
      at += length;
    } catch {
      text += String.fromCharCode(0xdc00 + lead);
      ++at;
    }
  }
  return text;
}

/**
 * The alphabet of byte-level vocabularies: a printable byte stands for itself, the others are the
 * characters from U+0100 on, in order (OpenAI gpt-2 `src/encoder.py`, `bytes_to_unicode`).
 */
const byteOfCharacter: ReadonlyMap<string, number> = (() => {
  const isPrintable = (byte: number) =>
    (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  let next = 0x100;
  return new Map(
    Array.from({ length: 256 }, (_, byte) => [
      String.fromCharCode(isPrintable(byte) ? byte : next++),
      byte,
    ]),
  );
})();

export function byteLevelBytes(piece: string): Uint8Array {
  const bytes = Array.from(piece, (character) => byteOfCharacter.get(character));
  const isWhole = bytes.every((byte) => byte !== undefined);
  return isWhole ? Uint8Array.from(bytes as number[]) : utf8.encode(piece);
}

/** SentencePiece: ▁ is a space, `<0xE2>` a byte. */
export function sentencePieceBytes(piece: string): Uint8Array {
  const byte = /^<0x([0-9A-F]{2})>$/.exec(piece);
  return byte
    ? Uint8Array.of(Number.parseInt(byte[1], 16))
    : utf8.encode(piece.replaceAll("▁", " "));
}
