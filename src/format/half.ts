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
