// The hidden states of one layer in the final layer's basis: h + W h + b.
//
//   hidden      [positions, dModel]     up to 1e18
//   weight      [dModel, width]         output index first, width a multiple of 4, zeros beyond dModel
//   bias        [dModel]
//   translated  [count, dModel]
//
// One workgroup per 32 positions and 32 outputs; each of its 64 lanes holds 4 x 4 of them. Per step of
// 32 inputs a lane fetches one block of 4 rows by 4 inputs from each side and stores it transposed,
// so that the inner loop reads whole vectors. Rows past the end repeat the last one and are not
// written. Inputs are taken in the order 0, 4, 8 ... 1, 5, 9 ...: then the eight lanes that store
// together hit eight different banks.

struct Shape {
  first: u32, // of the positions
  count: u32,
  dModel: u32,
  quads: u32, // width / 4
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> hidden: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> translated: array<f32>;

const TILE = 32u;
const STRIDE = 9u; // 8 vectors and one to shift the banks

var<workgroup> rows: array<vec4f, 32 * STRIDE>;
var<workgroup> outputs: array<vec4f, 32 * STRIDE>;

fn hiddenAt(row: u32, quad: u32) -> vec4f {
  let start = (shape.first + min(row, shape.count - 1)) * shape.dModel;
  var h = vec4f(0);
  for (var i = 0u; i < 4; i++) {
    if (4 * quad + i < shape.dModel) {
      h[i] = hidden[start + 4 * quad + i];
    }
  }
  return h;
}

fn weightAt(row: u32, quad: u32) -> vec4f {
  if (quad >= shape.quads) {
    return vec4f(0);
  }
  return weight[min(row, shape.dModel - 1) * shape.quads + quad];
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tx = lane % 8;
  let ty = lane / 8;
  let row = group.x * TILE + 4 * ty;
  let col = group.y * TILE + 4 * ty;

  var sums = array<vec4f, 4>();
  for (var quad = 0u; quad < shape.quads; quad += 8u) {
    let at = quad + tx;
    let h = transpose(mat4x4f(
      hiddenAt(row, at), hiddenAt(row + 1, at), hiddenAt(row + 2, at), hiddenAt(row + 3, at)));
    let w = transpose(mat4x4f(
      weightAt(col, at), weightAt(col + 1, at), weightAt(col + 2, at), weightAt(col + 3, at)));
    workgroupBarrier(); // the last step has been read
    for (var i = 0u; i < 4; i++) {
      rows[(i * 8 + tx) * STRIDE + ty] = h[i];
      outputs[(i * 8 + tx) * STRIDE + ty] = w[i];
    }
    workgroupBarrier();
    for (var input = 0u; input < TILE; input++) {
      let a = rows[input * STRIDE + ty];
      let b = outputs[input * STRIDE + tx];
      sums[0] += a.x * b;
      sums[1] += a.y * b;
      sums[2] += a.z * b;
      sums[3] += a.w * b;
    }
  }

  for (var i = 0u; i < 4; i++) {
    let position = row + i;
    for (var j = 0u; j < 4; j++) {
      let output = group.y * TILE + 4 * tx + j;
      if (position < shape.count && output < shape.dModel) {
        let h = hidden[(shape.first + position) * shape.dModel + output];
        translated[position * shape.dModel + output] = h + (sums[i][j] + bias[output]);
      }
    }
  }
}
