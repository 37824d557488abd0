// One step of SGD with Nesterov's momentum and coupled decay, in place.
//
//   scales      [size / layerSize]  what the rate of each layer is multiplied by: s
//   gradient    [size]  scaled by `scale`, and decay * parameters added: g
//   velocity    [size]  becomes momentum * velocity + g
//   parameters  [size]  become parameters - s * rate * (g + momentum * velocity)

struct Shape {
  size: u32,
  layerSize: u32,
  scale: f32,
  rate: f32,
  decay: f32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> scales: array<f32>;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(4) var<storage, read_write> velocity: array<f32>;

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
  let g = shape.scale * gradient[i] + shape.decay * parameters[i];
  let v = momentum * velocity[i] + g;
  velocity[i] = v;
  parameters[i] -= scales[i / shape.layerSize] * shape.rate * (g + momentum * v);
}
