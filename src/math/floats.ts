/** Numbers in either width: the same code trains in float32, and defines in float64. */
export type Floats = Float32Array | Float64Array;
