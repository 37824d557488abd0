// Rows of W_U, and their biases, for a list of tokens.
//
//   ids      [tokens]         token ids, -1 where there is none
//   added    [tokens]         to the biases
//   weight   [held, quads]    rows `first` to `first + held` of W_U, vec4
//   bias     [vocab]          b_U
//   rows     [count, quads]   vec4: of the ids from `start` on; zeros where there is none
//   biases   [count]          b_U[id] + added; zero where there is none
//
// Each dispatch writes the rows that are in its range of W_U. One workgroup per row.

struct Shape {
  start: u32,
  count: u32,
  quads: u32,
  first: u32,
  held: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> ids: array<i32>;
@group(0) @binding(2) var<storage, read> added: array<f32>;
@group(0) @binding(3) var<storage, read> weight: array<vec4f>;
@group(0) @binding(4) var<storage, read> bias: array<f32>;
@group(0) @binding(5) var<storage, read_write> rows: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> biases: array<f32>;

override lanes: u32 = 64;

@compute @workgroup_size(lanes)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x + group.y * grid.x;
  if (row >= shape.count) {
    return;
  }
  let id = ids[shape.start + row];
  let local = id - i32(shape.first);
  if (id >= 0 && (local < 0 || local >= i32(shape.held))) {
    return; // another range's
  }
  for (var quad = lane; quad < shape.quads; quad += lanes) {
    var w = vec4f(0);
    if (id >= 0) {
      w = weight[u32(local) * shape.quads + quad];
    }
    rows[row * shape.quads + quad] = w;
  }
  if (lane == 0) {
    var b = 0.0;
    if (id >= 0) {
      b = bias[id] + added[shape.start + row];
    }
    biases[row] = b;
  }
}
