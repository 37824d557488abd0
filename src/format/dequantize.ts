/**
 * Block-quantised weights to float32, one function for each of ggml's types.
 *
 * Layouts: llama.cpp `ggml/src/ggml-common.h` (the `block_*` structs) and `ggml-quants.c`
 * (`dequantize_row_*`). Scales are float16. A float16 times the small integers here is exact in
 * float64, and so is the one sum, so each value is rounded once, on being stored: bit for bit what
 * the `gguf` package computes in float32, where the products are exact as well.
 *
 * `bytes` hold whole blocks, as many as fill `values`.
 */

import { floatOfHalf } from "./half";

const halfAt = (bytes: Uint8Array, at: number) => floatOfHalf[bytes[at] | (bytes[at + 1] << 8)];

/** `d · q`: d, then 32 signed bytes. */
export function dequantizeQ8_0(bytes: Uint8Array, values: Float32Array): void {
  for (let at = 0, out = 0; out < values.length; at += 34, out += 32) {
    const d = halfAt(bytes, at);
    for (let i = 0; i < 32; ++i) values[out + i] = d * ((bytes[at + 2 + i] << 24) >> 24);
  }
}

/** `d · (q − 8)`: d, then 16 bytes, whose low nibbles are the block's first half. */
export function dequantizeQ4_0(bytes: Uint8Array, values: Float32Array): void {
  for (let at = 0, out = 0; out < values.length; at += 18, out += 32) {
    const d = halfAt(bytes, at);
    for (let i = 0; i < 16; ++i) {
      const byte = bytes[at + 2 + i];
      values[out + i] = d * ((byte & 15) - 8);
      values[out + 16 + i] = d * ((byte >> 4) - 8);
    }
  }
}

/** `d · q + m`: d, m, then 16 bytes, whose low nibbles are the block's first half. */
export function dequantizeQ4_1(bytes: Uint8Array, values: Float32Array): void {
  for (let at = 0, out = 0; out < values.length; at += 20, out += 32) {
    const d = halfAt(bytes, at);
    const m = halfAt(bytes, at + 2);
    for (let i = 0; i < 16; ++i) {
      const byte = bytes[at + 4 + i];
      values[out + i] = d * (byte & 15) + m;
      values[out + 16 + i] = d * (byte >> 4) + m;
    }
  }
}

/** The scale (`isMin` 0) or minimum (4) of sub-block `j`, 6 bits each, of 8 packed into 12 bytes. */
function packedScale(bytes: Uint8Array, at: number, j: number, isMin: 0 | 4): number {
  if (j < 4) return bytes[at + isMin + j] & 63;
  const low = bytes[at + 4 + j] >> isMin;
  return (low & 15) | ((bytes[at + isMin + j - 4] >> 6) << 4);
}

/**
 * `d · scale · q − dmin · min`: d, dmin, 12 bytes of scales and minima of eight sub-blocks, then
 * 128 bytes: 32 of them hold sub-block 2g in their low nibbles and 2g + 1 in the high ones.
 */
export function dequantizeQ4K(bytes: Uint8Array, values: Float32Array): void {
  for (let at = 0, out = 0; out < values.length; at += 144, out += 256) {
    const d = halfAt(bytes, at);
    const dmin = halfAt(bytes, at + 2);
    for (let j = 0; j < 8; ++j) {
      const scale = d * packedScale(bytes, at + 4, j, 0);
      const min = dmin * packedScale(bytes, at + 4, j, 4);
      const quants = at + 16 + 32 * (j >> 1);
      const shift = 4 * (j & 1);
      for (let i = 0; i < 32; ++i) {
        values[out + 32 * j + i] = scale * ((bytes[quants + i] >> shift) & 15) - min;
      }
    }
  }
}

/** As Q4_K, with 32 bytes before the nibbles whose bit `j` is the fifth of sub-block `j`. */
export function dequantizeQ5K(bytes: Uint8Array, values: Float32Array): void {
  for (let at = 0, out = 0; out < values.length; at += 176, out += 256) {
    const d = halfAt(bytes, at);
    const dmin = halfAt(bytes, at + 2);
    for (let j = 0; j < 8; ++j) {
      const scale = d * packedScale(bytes, at + 4, j, 0);
      const min = dmin * packedScale(bytes, at + 4, j, 4);
      const quants = at + 48 + 32 * (j >> 1);
      const shift = 4 * (j & 1);
      for (let i = 0; i < 32; ++i) {
        const high = (bytes[at + 16 + i] >> j) & 1;
        const q = ((bytes[quants + i] >> shift) & 15) | (high << 4);
        values[out + 32 * j + i] = scale * q - min;
      }
    }
  }
}

/**
 * `d · scale · (q − 32)`: 128 bytes of low nibbles, 64 of upper pairs of bits, 16 signed scales of
 * 16 numbers each, d. Each half of the block takes 64 and 32 of those bytes for four runs of 32:
 * run `r` has its nibbles in bytes `32 (r & 1) …`, low for r < 2, and its pairs at bit `2 r`.
 */
export function dequantizeQ6K(bytes: Uint8Array, values: Float32Array): void {
  for (let at = 0, out = 0; out < values.length; at += 210, out += 256) {
    const d = halfAt(bytes, at + 208);
    for (let run = 0; run < 8; ++run) {
      const half = run >> 2;
      const r = run & 3;
      const low = at + 64 * half + 32 * (r & 1);
      const high = at + 128 + 32 * half;
      const lowShift = r < 2 ? 0 : 4;
      for (let i = 0; i < 32; ++i) {
        const scale = (bytes[at + 192 + 2 * run + (i >> 4)] << 24) >> 24;
        const q = ((bytes[low + i] >> lowShift) & 15) | (((bytes[high + i] >> (2 * r)) & 3) << 4);
        values[out + 32 * run + i] = d * scale * (q - 32);
      }
    }
  }
}
