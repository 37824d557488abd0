// Muon's momentum: an average of gradients, and Nesterov's look-ahead along it.
//
//   gradient  [size]  scaled by `scale`: g
//   averages  [size]  become averages + (1 - momentum) (g - averages)
//   ahead     [size]  g + momentum (averages - g)

struct Shape {
  size: u32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> gradient: array<f32>;
@group(0) @binding(2) var<storage, read_write> averages: array<f32>;
@group(0) @binding(3) var<storage, read_write> ahead: array<f32>;

override momentum: f32;

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
  let g = shape.scale * gradient[i];
  let average = averages[i] + (1 - momentum) * (g - averages[i]);
  averages[i] = average;
  ahead[i] = g + momentum * (average - g);
}
