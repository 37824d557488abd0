// Sums of squares of each member of a batch, in parts: one workgroup a part, its values strided.
//
//   values  [batch, size]   within 1e17
//   parts   [batch, parts]  those of a member add up to its sum

struct Shape {
  size: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read_write> parts: array<f32>;

override lanes: u32 = 64; // a power of two

var<workgroup> sums: array<f32, lanes>;

@compute @workgroup_size(lanes)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  var sum = 0.0;
  for (var i = group.x * lanes + lane; i < shape.size; i += grid.x * lanes) {
    let value = values[group.y * shape.size + i];
    sum += value * value;
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var half = lanes / 2; half > 0; half /= 2) {
    if (lane < half) {
      sums[lane] += sums[lane + half];
    }
    workgroupBarrier();
  }
  if (lane == 0) {
    parts[group.y * grid.x + group.x] = sums[0];
  }
}
