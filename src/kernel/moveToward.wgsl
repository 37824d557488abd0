// One move of a running average, in place.
//
//   values    [size]
//   averages  [size]  become averages + share * (values - averages)

struct Shape {
  size: u32,
  share: f32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read_write> averages: array<f32>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let i = (group.x + group.y * grid.x) * 256 + lane;
  if (i >= shape.size) {
    return;
  }
  averages[i] += shape.share * (values[i] - averages[i]);
}
