// A step along a direction, with decoupled decay, in place.
//
//   scales      [size / layerSize]  what the rate of each layer is multiplied by: s
//   direction   [size]
//   parameters  [size]  become (1 - s decay) parameters - s stepSize direction

struct Shape {
  size: u32,
  layerSize: u32,
  decay: f32, // times the rate
  stepSize: f32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> scales: array<f32>;
@group(0) @binding(2) var<storage, read> direction: array<f32>;
@group(0) @binding(3) var<storage, read_write> parameters: array<f32>;

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
  let s = scales[i / shape.layerSize];
  parameters[i] = (1 - s * shape.decay) * parameters[i] - s * shape.stepSize * direction[i];
}
