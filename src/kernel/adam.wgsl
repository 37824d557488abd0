// One step of Adam with decoupled decay, in place.
//
//   scales      [size / layerSize]  what the rate of each layer is multiplied by: s
//   gradient    [size]  scaled by `scale`: g
//   parameters  [size]  become (1 - s decay) parameters - s stepSize mean / (sqrt(square squareScale) + epsilon)
//   means       [size]  become means + (1 - beta1) (g - means)
//   squares     [size]  become beta2 squares + (1 - beta2) g^2

struct Shape {
  size: u32,
  layerSize: u32,
  scale: f32,
  decay: f32, // times the rate
  stepSize: f32, // rate / (1 - beta1^step)
  squareScale: f32, // 1 / (1 - beta2^step)
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> scales: array<f32>;
@group(0) @binding(2) var<storage, read> gradient: array<f32>;
@group(0) @binding(3) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(4) var<storage, read_write> means: array<f32>;
@group(0) @binding(5) var<storage, read_write> squares: array<f32>;

// 1 - beta is given too: in float32 it would be off by 1e-5 of itself.
override beta2: f32;
override rest1: f32; // 1 - beta1
override rest2: f32; // 1 - beta2
override epsilon: f32;

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
  let mean = means[i] + rest1 * (g - means[i]);
  let square = beta2 * squares[i] + rest2 * g * g;
  means[i] = mean;
  squares[i] = square;
  let s = scales[i / shape.layerSize];
  let change = s * shape.stepSize * mean / (sqrt(square * shape.squareScale) + epsilon);
  parameters[i] = (1 - s * shape.decay) * parameters[i] - change;
}
