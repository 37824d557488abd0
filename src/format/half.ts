/** Every float16 as a float32, by its bits: one lookup in place of a decision on each exponent. */
export const floatOfHalf: Float32Array = makeFloatOfHalf();

function makeFloatOfHalf(): Float32Array {
  const table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; ++bits) {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    if (exponent === 0) table[bits] = sign * fraction * 2 ** -24;
    else if (exponent < 31) table[bits] = sign * (1024 + fraction) * 2 ** (exponent - 25);
    else table[bits] = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  }
  return table;
}

/** Little-endian float16. */
export function halvesToFloats(bytes: Uint8Array, values: Float32Array): void {
  for (let i = 0; i < values.length; ++i) {
    values[i] = floatOfHalf[bytes[2 * i] | (bytes[2 * i + 1] << 8)];
  }
}

/**
 * Each float32 as the nearest little-endian float16 (ties to even); past its range it is infinite.
 */
export function floatsToHalves(values: Float32Array): Uint8Array<ArrayBuffer> {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const bytes = new Uint8Array(2 * values.length);
  for (let i = 0; i < values.length; ++i) {
    const half = halfOf(bits[i]);
    bytes[2 * i] = half;
    bytes[2 * i + 1] = half >> 8;
  }
  return bytes;
}

function halfOf(bits: number): number {
  const sign = (bits >>> 16) & 0x8000;
  const exponent = ((bits >>> 23) & 255) - 112; // from float32's bias to float16's
  const fraction = bits & 0x7fffff;
  if (exponent >= 143) return sign | 0x7c00 | (fraction ? 0x200 : 0); // infinite, or no number
  if (exponent >= 31) return sign | 0x7c00;
  if (exponent < -10) return sign; // less than half of the smallest
  // Below 1 a float16 is subnormal: the leading one is part of its fraction.
  const dropped = exponent > 0 ? 13 : 14 - exponent;
  const whole = exponent > 0 ? (exponent << 23) | fraction : 0x800000 | fraction;
  const kept = whole >>> dropped;
  const rest = whole & ((1 << dropped) - 1);
  const middle = 1 << (dropped - 1);
  // A fraction that rounds up to the next power carries into the exponent, which is right.
  return sign | (kept + (rest > middle || (rest === middle && (kept & 1) === 1) ? 1 : 0));
}

/** Little-endian bfloat16: the upper half of a float32. */
export function bfloatsToFloats(bytes: Uint8Array, values: Float32Array): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  for (let i = 0; i < bits.length; ++i) {
    bits[i] = (bytes[2 * i] << 16) | (bytes[2 * i + 1] << 24);
  }
}

/** Little-endian float32 at any offset, as every machine that runs a browser has it. */
export function copyFloats(bytes: Uint8Array, values: Float32Array): void {
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength).set(bytes);
}

/** Little-endian float64, each rounded to the nearest float32. */
export function doublesToFloats(bytes: Uint8Array, values: Float32Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let i = 0; i < values.length; ++i) values[i] = view.getFloat64(8 * i, true);
}
