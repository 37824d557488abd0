/** A matrix in part of an array: its first value, and how far it is from a row to the next. */
export type Block = {
  readonly values: Float64Array;
  readonly start: number;
  readonly stride: number;
};

/** Rows, or columns, of a tile whose sums stay in registers. */
const tileSize = 4;

/**
 * `C += factor · A Bᵀ` in float64, at two billion operations a second or so.
 *
 * @param c `[height, width]`
 * @param a `[height, depth]`
 * @param b `[width, depth]`
 */
export function addProducts(
  c: Block,
  a: Block,
  b: Block,
  [height, width, depth]: readonly [height: number, width: number, depth: number],
  factor: number,
): void {
  const wholeHeight = height - (height % tileSize);
  const wholeWidth = width - (width % tileSize);
  for (let i = 0; i < wholeHeight; i += tileSize)
    for (let j = 0; j < wholeWidth; j += tileSize) addTile(c, a, b, i, j, depth, factor);
  for (let i = 0; i < height; ++i)
    for (let j = i < wholeHeight ? wholeWidth : 0; j < width; ++j) {
      const aRow = a.start + i * a.stride;
      const bRow = b.start + j * b.stride;
      let sum = 0;
      for (let k = 0; k < depth; ++k) sum += a.values[aRow + k] * b.values[bRow + k];
      c.values[c.start + i * c.stride + j] += factor * sum;
    }
}

/**
 * `A Bᵀ` of whole matrices.
 *
 * @param a `[height, depth]`
 * @param b `[width, depth]`
 * @returns `[height, width]`
 */
export function timesTransposed(a: Float64Array, b: Float64Array, depth: number): Float64Array {
  const height = a.length / depth;
  const width = b.length / depth;
  const c = new Float64Array(height * width);
  addProducts(
    { values: c, start: 0, stride: width },
    { values: a, start: 0, stride: depth },
    { values: b, start: 0, stride: depth },
    [height, width, depth],
    1,
  );
  return c;
}

/** Columns as rows. */
export function transposed(matrix: ArrayLike<number>, width: number): Float64Array {
  const height = matrix.length / width;
  const columns = new Float64Array(matrix.length);
  for (let i = 0; i < height; ++i)
    for (let j = 0; j < width; ++j) columns[j * height + i] = matrix[i * width + j];
  return columns;
}

function addTile(
  c: Block,
  a: Block,
  b: Block,
  i: number,
  j: number,
  depth: number,
  factor: number,
) {
  const x = a.values;
  const y = b.values;
  const x0 = a.start + i * a.stride;
  const x1 = x0 + a.stride;
  const x2 = x1 + a.stride;
  const x3 = x2 + a.stride;
  const y0 = b.start + j * b.stride;
  const y1 = y0 + b.stride;
  const y2 = y1 + b.stride;
  const y3 = y2 + b.stride;
  let [s00, s01, s02, s03, s10, s11, s12, s13] = [0, 0, 0, 0, 0, 0, 0, 0];
  let [s20, s21, s22, s23, s30, s31, s32, s33] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let k = 0; k < depth; ++k) {
    const a0 = x[x0 + k];
    const a1 = x[x1 + k];
    const a2 = x[x2 + k];
    const a3 = x[x3 + k];
    const b0 = y[y0 + k];
    const b1 = y[y1 + k];
    const b2 = y[y2 + k];
    const b3 = y[y3 + k];
    s00 += a0 * b0;
    s01 += a0 * b1;
    s02 += a0 * b2;
    s03 += a0 * b3;
    s10 += a1 * b0;
    s11 += a1 * b1;
    s12 += a1 * b2;
    s13 += a1 * b3;
    s20 += a2 * b0;
    s21 += a2 * b1;
    s22 += a2 * b2;
    s23 += a2 * b3;
    s30 += a3 * b0;
    s31 += a3 * b1;
    s32 += a3 * b2;
    s33 += a3 * b3;
  }
  const z = c.values;
  let at = c.start + i * c.stride + j;
  z[at] += factor * s00;
  z[at + 1] += factor * s01;
  z[at + 2] += factor * s02;
  z[at + 3] += factor * s03;
  at += c.stride;
  z[at] += factor * s10;
  z[at + 1] += factor * s11;
  z[at + 2] += factor * s12;
  z[at + 3] += factor * s13;
  at += c.stride;
  z[at] += factor * s20;
  z[at + 1] += factor * s21;
  z[at + 2] += factor * s22;
  z[at + 3] += factor * s23;
  at += c.stride;
  z[at] += factor * s30;
  z[at + 1] += factor * s31;
  z[at + 2] += factor * s32;
  z[at + 3] += factor * s33;
}
