// Products of matrices, one for each of a batch.
//
//   a        [batch, m, k]  or transposed: aRow and aInput say
//   b        [batch, k, n]  or transposed, or one for all: bColumn, bInput and bBatch say
//   factors  [m]            read where isScaled
//   bias     [batch, n]     read where isBiased
//   c        [batch, m, n]  row-major
//
//   c = scale * a b + keep * factors * c + bias, without c on the right where keep is 0
//
// One workgroup per 64 rows and 64 columns; each of its 64 lanes holds 8 x 8 of them. Per step of 16
// inputs a lane fetches one block of 4 by 4 from each side, and stores vectors along rows and columns,
// so that the inner loop reads whole vectors. What is past the end repeats the last row or column, which
// is not written, and adds zeros. Strides of 18 and the order of inputs (0, 4, 8, 12, 1, 5 ...) let
// lanes that store together hit different banks.

struct Shape {
  m: u32,
  n: u32,
  k: u32,
  aBatch: u32, // how far apart matrices, rows and inputs of a are
  aRow: u32,
  aInput: u32,
  bBatch: u32,
  bColumn: u32,
  bInput: u32,
  isScaled: u32,
  isBiased: u32,
  scale: f32,
  keep: f32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> a: array<f32>;
@group(0) @binding(2) var<storage, read> b: array<f32>;
@group(0) @binding(3) var<storage, read> factors: array<f32>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> c: array<f32>;

const TILE = 64u;
const STEP = 16u; // inputs
const STRIDE = 18u; // 16 vectors and two to shift the banks

var<workgroup> rows: array<vec4f, STEP * STRIDE>;
var<workgroup> columns: array<vec4f, STEP * STRIDE>;

fn aAt(start: u32, row: u32, input: u32) -> f32 {
  let r = min(row, shape.m - 1);
  let i = min(input, shape.k - 1);
  let value = a[start + r * shape.aRow + i * shape.aInput];
  return select(0, value, input < shape.k);
}

fn bAt(start: u32, column: u32, input: u32) -> f32 {
  let c = min(column, shape.n - 1);
  let i = min(input, shape.k - 1);
  return b[start + c * shape.bColumn + i * shape.bInput];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let aStart = group.z * shape.aBatch;
  let bStart = group.z * shape.bBatch;
  let tx = lane % 8; // columns 4 tx to 4 tx + 3 of each half of the tile
  let ty = lane / 8; // rows 8 ty to 8 ty + 7

  // What this lane fetches: inputs 4 fetched to 4 fetched + 3 of four rows and four columns.
  let fetched = lane % 4;
  let four = lane / 4;
  let row = group.x * TILE + 4 * four;
  let column = group.y * TILE + 4 * four;

  var z = array<vec4f, 16>(); // [8 rows][2 halves]
  for (var step = 0u; step < shape.k; step += STEP) {
    var h: array<vec4f, 4>;
    var w: array<vec4f, 4>;
    for (var i = 0u; i < 4; i++) {
      let at = step + 4 * fetched + i;
      h[i] = vec4f(aAt(aStart, row, at), aAt(aStart, row + 1, at),
        aAt(aStart, row + 2, at), aAt(aStart, row + 3, at));
      w[i] = vec4f(bAt(bStart, column, at), bAt(bStart, column + 1, at),
        bAt(bStart, column + 2, at), bAt(bStart, column + 3, at));
    }
    workgroupBarrier(); // the last step has been read
    for (var i = 0u; i < 4; i++) {
      rows[(i * 4 + fetched) * STRIDE + four] = h[i];
      columns[(i * 4 + fetched) * STRIDE + four] = w[i];
    }
    workgroupBarrier();
    for (var input = 0u; input < STEP; input++) {
      let a0 = rows[input * STRIDE + 2 * ty];
      let a1 = rows[input * STRIDE + 2 * ty + 1];
      let b0 = columns[input * STRIDE + tx];
      let b1 = columns[input * STRIDE + 8 + tx];
      z[0] += a0.x * b0;
      z[1] += a0.x * b1;
      z[2] += a0.y * b0;
      z[3] += a0.y * b1;
      z[4] += a0.z * b0;
      z[5] += a0.z * b1;
      z[6] += a0.w * b0;
      z[7] += a0.w * b1;
      z[8] += a1.x * b0;
      z[9] += a1.x * b1;
      z[10] += a1.y * b0;
      z[11] += a1.y * b1;
      z[12] += a1.z * b0;
      z[13] += a1.z * b1;
      z[14] += a1.w * b0;
      z[15] += a1.w * b1;
    }
  }

  for (var i = 0u; i < 8; i++) {
    let to = group.x * TILE + 8 * ty + i;
    for (var j = 0u; j < 8; j++) {
      let at = group.y * TILE + (j / 4) * 32 + 4 * tx + j % 4;
      if (to < shape.m && at < shape.n) {
        let index = (group.z * shape.m + to) * shape.n + at;
        var value = shape.scale * z[2 * i + j / 4][j % 4];
        if (shape.keep != 0) {
          var kept = shape.keep;
          if (shape.isScaled != 0) {
            kept *= factors[to];
          }
          value += kept * c[index];
        }
        if (shape.isBiased != 0) {
          value += bias[group.z * shape.n + at];
        }
        c[index] = value;
      }
    }
  }
}
