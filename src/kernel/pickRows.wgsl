// Some rows of a matrix, next to each other.
//
//   wanted   [count]           which rows
//   states   [rows, columns]
//   picked   [count, columns]
//
// One workgroup per row.

struct Shape {
  count: u32,
  columns: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> wanted: array<i32>;
@group(0) @binding(2) var<storage, read> states: array<f32>;
@group(0) @binding(3) var<storage, read_write> picked: array<f32>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x + group.y * grid.x;
  if (row >= shape.count) {
    return;
  }
  let start = u32(wanted[row]) * shape.columns;
  for (var i = lane; i < shape.columns; i += 64u) {
    picked[row * shape.columns + i] = states[start + i];
  }
}
