// One more tile of the vocabulary for softmaxes that are never whole: the running maximum and sum of
// each row, the tile's exponentials, and what those before it are to be multiplied by.
//
//   logits   [rows, columns]  within 1e37 of each other; becomes exp(z - m) where `inPlace`
//   running  [rows]           (m, s): the largest logit so far, and the sum of exp(z - m) so far
//   factors  [rows]           exp(m before - m); 0 at the first tile, where `running` is not read
//
// One workgroup per row, two passes over it. Lanes that see no column hold LOWEST, never -inf.

struct Shape {
  rows: u32,
  columns: u32,
  isFirst: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read_write> logits: array<f32>;
@group(0) @binding(2) var<storage, read_write> running: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> factors: array<f32>;

override inPlace: bool;
override lanes: u32 = 64; // a power of two
const LOWEST = -3.4028234e38;

var<workgroup> parts: array<f32, lanes>;

@compute @workgroup_size(lanes)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x + group.y * grid.x;
  if (row >= shape.rows) {
    return;
  }
  let start = row * shape.columns;
  var before = vec2f(LOWEST, 0);
  if (shape.isFirst == 0) {
    before = running[row];
  }

  var m = before.x;
  for (var column = lane; column < shape.columns; column += lanes) {
    m = max(m, logits[start + column]);
  }
  parts[lane] = m;
  workgroupBarrier();
  for (var half = lanes / 2; half > 0; half /= 2) {
    if (lane < half) {
      parts[lane] = max(parts[lane], parts[lane + half]);
    }
    workgroupBarrier();
  }
  m = parts[0];
  workgroupBarrier(); // every lane has read it

  var sum = 0.0;
  for (var column = lane; column < shape.columns; column += lanes) {
    let e = exp(logits[start + column] - m);
    sum += e;
    if (inPlace) {
      logits[start + column] = e;
    }
  }
  parts[lane] = sum;
  workgroupBarrier();
  for (var half = lanes / 2; half > 0; half /= 2) {
    if (lane < half) {
      parts[lane] += parts[lane + half];
    }
    workgroupBarrier();
  }
  if (lane == 0) {
    var factor = 0.0;
    if (shape.isFirst == 0) {
      factor = exp(before.x - m);
    }
    factors[row] = factor;
    running[row] = vec2f(m, before.y * factor + parts[0]);
  }
}
