/**
 * Tables for eight bytes at a time: `tables[256 * k + b]` is what byte `b` comes to after `k` zero
 * bytes ("slicing by 8", Kounavis and Berry 2005).
 */
const tables = makeTables();

function makeTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; ++byte) {
    let rest = byte;
    for (let bit = 0; bit < 8; ++bit) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
    tables[byte] = rest;
  }
  for (let i = 256; i < tables.length; ++i) {
    const rest = tables[i - 256];
    tables[i] = (rest >>> 8) ^ tables[rest & 255];
  }
  return tables;
}

/**
 * The CRC-32 of zip and PNG, an unsigned integer.
 *
 * @param before that of the bytes before these, where bytes come in pieces
 */
export function crc32(bytes: Uint8Array, before = 0): number {
  let rest = ~before;
  let at = 0;
  const step = () => {
    rest = (rest >>> 8) ^ tables[(rest ^ bytes[at++]) & 255];
  };
  while (at < bytes.length && (bytes.byteOffset + at) % 4 !== 0) step();
  const pairs = (bytes.length - at) >>> 3;
  // Little-endian, as on every machine that runs a browser.
  const words = pairs > 0 ? new Int32Array(bytes.buffer, bytes.byteOffset + at, 2 * pairs) : [];
  for (let i = 0; i < words.length; i += 2) {
    const low = rest ^ words[i];
    const high = words[i + 1];
    rest =
      tables[1792 + (low & 255)] ^
      tables[1536 + ((low >>> 8) & 255)] ^
      tables[1280 + ((low >>> 16) & 255)] ^
      tables[1024 + (low >>> 24)] ^
      tables[768 + (high & 255)] ^
      tables[512 + ((high >>> 8) & 255)] ^
      tables[256 + ((high >>> 16) & 255)] ^
      tables[high >>> 24];
  }
  at += 8 * pairs;
  while (at < bytes.length) step();
  return ~rest >>> 0;
}
