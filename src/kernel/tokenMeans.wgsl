// Adds each token's probability, summed over rows and scaled, of one tile of the vocabulary.
//
//   logits   [rows, columns]
//   running  [rows]     (m, s) of the whole row: the largest logit, and sum exp(z - m)
//   means    [vocab]    added to, from token `first` on: scale * sum over rows of exp(z - m) / s
//
// One lane per token, so that lanes read side by side.

struct Shape {
  rows: u32,
  columns: u32,
  first: u32,
  scale: f32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read> running: array<vec2f>;
@group(0) @binding(3) var<storage, read_write> means: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let column = group.x * 64 + lane;
  if (column >= shape.columns) {
    return;
  }
  var sum = 0.0;
  for (var row = 0u; row < shape.rows; row++) {
    sum += exp(logits[row * shape.columns + column] - running[row].x) / running[row].y;
  }
  means[shape.first + column] += shape.scale * sum;
}
