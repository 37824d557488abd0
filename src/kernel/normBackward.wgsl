// Back through the final norm: the gradient with respect to the state before it.
//
//   gradient  [rows, width]   with respect to the normed state, width >= dModel
//   weight    [dModel]
//   states    [rows, dModel]  the states before the norm; become the gradient with respect to them
//
// With c the state (less its mean if centred), s = 1 / sqrt(mean(c^2) + eps) and u = weight gradient:
//   s u - c s^3 mean(c u), less its mean if centred
//
// One workgroup per row. The product is taken with s c, which is of size 1 where c reaches 22,500.

struct Shape {
  rows: u32,
  dModel: u32,
  width: u32,
  eps: f32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read_write> states: array<f32>;

override centred: bool;
override lanes: u32 = 64; // a power of two

var<workgroup> sums: array<f32, lanes>;

fn mean(lane: u32, part: f32) -> f32 {
  workgroupBarrier(); // the last mean has been read
  sums[lane] = part;
  workgroupBarrier();
  for (var half = lanes / 2; half > 0; half /= 2) {
    if (lane < half) {
      sums[lane] += sums[lane + half];
    }
    workgroupBarrier();
  }
  return sums[0] / f32(shape.dModel);
}

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
  let start = row * shape.dModel;
  let ofNormed = row * shape.width;

  var centre = 0.0;
  var middle = 0.0; // of u
  if (centred) {
    var sum = 0.0;
    var weighted = 0.0;
    for (var i = lane; i < shape.dModel; i += lanes) {
      sum += states[start + i];
      weighted += gradient[ofNormed + i] * weight[i];
    }
    centre = mean(lane, sum);
    middle = mean(lane, weighted);
  }
  var squares = 0.0;
  for (var i = lane; i < shape.dModel; i += lanes) {
    let c = states[start + i] - centre;
    squares += c * c;
  }
  let scale = 1 / sqrt(mean(lane, squares) + shape.eps);
  var products = 0.0;
  for (var i = lane; i < shape.dModel; i += lanes) {
    products += (states[start + i] - centre) * scale * (gradient[ofNormed + i] * weight[i]);
  }
  let along = mean(lane, products);
  // c has no mean, so that what is left of the mean is u's.
  for (var i = lane; i < shape.dModel; i += lanes) {
    let c = (states[start + i] - centre) * scale;
    states[start + i] = scale * (gradient[ofNormed + i] * weight[i] - middle - c * along);
  }
}
