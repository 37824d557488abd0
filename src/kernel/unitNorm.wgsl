// Divides each member of a batch by its norm.
//
//   parts   [batch, parts]  of its sum of squares, from `sumSquares`
//   values  [batch, size]   become values / max(least, sqrt(sum of parts))
//
// One workgroup per 1024 values; each adds up the parts again.

struct Shape {
  size: u32,
  parts: u32,
  least: f32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> parts: array<f32>;
@group(0) @binding(2) var<storage, read_write> values: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var i = 0u; i < shape.parts; i++) {
    sum += parts[group.y * shape.parts + i];
  }
  let scale = 1 / max(shape.least, sqrt(sum));
  let end = min(shape.size, (group.x + 1) * 1024);
  for (var i = group.x * 1024 + lane; i < end; i += 64u) {
    values[group.y * shape.size + i] *= scale;
  }
}
