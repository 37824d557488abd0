// Logits of some tokens per row, by their ids.
//
//   hidden  [rows, quads]           normed, vec4
//   weight  [count, quads]          rows `first` to `first + count` of W_U, vec4
//   bias    [vocab]                 b_U
//   runs    [rows / every, listed]  run r is the tokens r * run to (r + 1) * run
//   logits  [rows, listed * run]    LOWEST where the id is no token's
//
//   logits[row, c] = hidden[row'] . W_U[id] + b_U[id], row' = row - row % share
//
// `every` rows in turn read the same list; `share` rows in turn read the first one's hidden state.
// Each dispatch writes the logits whose rows of W_U are in its range. Eight lanes a logit.

struct Shape {
  rows: u32,
  listed: u32,
  run: u32,
  every: u32,
  share: u32,
  quads: u32,
  vocab: u32,
  first: u32,
  count: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> hidden: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> runs: array<i32>;
@group(0) @binding(5) var<storage, read_write> logits: array<f32>;

const LOWEST = -3.4028234e38;

var<workgroup> parts: array<f32, 128>;

@compute @workgroup_size(128)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let at = (group.x + group.y * grid.x) * 16 + lane / 8;
  let columns = shape.listed * shape.run;
  let row = min(at / columns, shape.rows - 1);
  let column = at % columns;
  let inside = at < shape.rows * columns;
  let id = runs[(row / shape.every) * shape.listed + column / shape.run] * i32(shape.run)
    + i32(column % shape.run);
  let isToken = id >= 0 && id < i32(shape.vocab);
  let local = id - i32(shape.first);
  let isHere = isToken && local >= 0 && local < i32(shape.count);

  var sum = vec4f(0);
  if (isHere) {
    let h = (row - row % shape.share) * shape.quads;
    let w = u32(local) * shape.quads;
    for (var quad = lane % 8; quad < shape.quads; quad += 8) {
      sum += hidden[h + quad] * weight[w + quad];
    }
  }
  parts[lane] = (sum.x + sum.y) + (sum.z + sum.w);
  workgroupBarrier();
  if (lane % 8 == 0 && inside) {
    if (isHere) {
      var logit = bias[id];
      for (var i = 0u; i < 8; i++) {
        logit += parts[lane + i];
      }
      logits[at] = logit;
    } else if (!isToken && shape.first == 0) {
      logits[at] = LOWEST;
    }
  }
}
