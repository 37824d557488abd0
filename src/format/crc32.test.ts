import { expect, test } from "vitest";

import { crc32 } from "./crc32";

const ascii = new TextEncoder();

test("crc32 is the published check value of 123456789, and zero of no bytes", () => {
  expect(crc32(ascii.encode("123456789"))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array(0))).toBe(0);
});

test("crc32 of pieces, each given that of the pieces before, is that of the whole", () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 37) & 255);
  for (const cut of [0, 1, 500, 1000]) {
    expect(crc32(bytes.subarray(cut), crc32(bytes.subarray(0, cut)))).toBe(crc32(bytes));
  }
});

test("crc32 is the same at any alignment, of any length", () => {
  const random = Uint8Array.from({ length: 40 }, (_, i) => (i * i * 31) & 255);
  // Bit by bit, as the polynomial says.
  const expected = (bytes: Uint8Array) => {
    let rest = -1;
    for (const byte of bytes) {
      rest ^= byte;
      for (let bit = 0; bit < 8; ++bit) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
    }
    return ~rest >>> 0;
  };
  for (let start = 0; start < 9; ++start) {
    for (let end = start; end <= 40; ++end) {
      const bytes = random.subarray(start, end);
      expect(crc32(bytes)).toBe(expected(bytes));
    }
  }
});
