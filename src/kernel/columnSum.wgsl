// Adds the sum over rows of each matrix of a batch.
//
//   values  [batch, rows, columns]
//   sums    [batch, columns]        added to
//
// One lane per column, so that lanes read side by side.

struct Shape {
  rows: u32,
  columns: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = group.x * 64 + lane;
  if (column >= shape.columns) {
    return;
  }
  var sum = 0.0;
  for (var row = 0u; row < shape.rows; row++) {
    sum += values[(group.y * shape.rows + row) * shape.columns + column];
  }
  sums[group.y * shape.columns + column] += sum;
}
