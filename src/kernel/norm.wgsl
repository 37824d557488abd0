// The final norm of each row, written among the rows of other layers and padded with zeros.
//
//   hidden  [positions, dModel]           up to 1e18
//   weight  [dModel]
//   bias    [dModel]                      zeros where the norm has none
//   normed  [count, members, width]       member `member` is written, width >= dModel
//
// With c = mean(h) if centred, else 0:
//   normed = (h - c) / sqrt(mean((h - c)^2) + eps) * weight + bias
//
// One workgroup per row. The variance is of centred values, not a difference of squares: real models
// have rows that reach 22,500 beside values near 1.

struct Shape {
  first: u32, // of the positions
  count: u32,
  dModel: u32,
  width: u32,
  members: u32,
  member: u32,
  eps: f32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> hidden: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<f32>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> normed: array<f32>;

override centred: bool;
override lanes: u32 = 64; // a power of two

var<workgroup> sums: array<f32, lanes>;

fn total(lane: u32, part: f32) -> f32 {
  workgroupBarrier(); // the last total has been read
  sums[lane] = part;
  workgroupBarrier();
  for (var half = lanes / 2; half > 0; half /= 2) {
    if (lane < half) {
      sums[lane] += sums[lane + half];
    }
    workgroupBarrier();
  }
  return sums[0];
}

@compute @workgroup_size(lanes)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x + group.y * grid.x;
  if (row >= shape.count) {
    return;
  }
  let start = (shape.first + row) * shape.dModel;
  let size = f32(shape.dModel);

  var centre = 0.0;
  if (centred) {
    var sum = 0.0;
    for (var i = lane; i < shape.dModel; i += lanes) {
      sum += hidden[start + i];
    }
    centre = total(lane, sum) / size;
  }
  var squares = 0.0;
  for (var i = lane; i < shape.dModel; i += lanes) {
    let h = hidden[start + i] - centre;
    squares += h * h;
  }
  let scale = 1 / sqrt(total(lane, squares) / size + shape.eps);

  let to = (row * shape.members + shape.member) * shape.width;
  for (var i = lane; i < shape.width; i += lanes) {
    if (i < shape.dModel) {
      normed[to + i] = (hidden[start + i] - centre) * scale * weight[i] + bias[i];
    } else {
      normed[to + i] = 0;
    }
  }
}
