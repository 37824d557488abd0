// Loss of each row and its gradient with respect to the normed state, from what was summed over the
// vocabulary. Nats.
//
//   sums            [rows, width]       sum exp(z - m) W_U row; becomes the gradient
//   running         [rows]              (m, s): the largest logit, and sum exp(z - m)
//   normed          [rows, width]       h~
//   towards         [positions, width]  the same sum of the final row, or W_U[target]
//   towardsRunning  [positions]         the same of the final row, or (the target's bias, 1)
//   anchor          [positions, width]  the final row's h~, or zeros
//   weights         [positions]         of each position in the mean loss; zero where it does not count
//   losses          [rows]
//
// Row r is of position r mod positions. With e = sums / s and f = towards / its s:
//   gradient = weight (e - f)      loss = (m + ln s) - (its m + ln its s) + f . (anchor - h~)
//
// This is KL(final || lens), in which biases and log weights of tokens cancel, or the cross entropy of
// the target. States are subtracted before the product: near the final row it is small.
//
// One workgroup per row.

struct Shape {
  rows: u32,
  positions: u32,
  width: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read_write> sums: array<f32>;
@group(0) @binding(2) var<storage, read> running: array<vec2f>;
@group(0) @binding(3) var<storage, read> normed: array<f32>;
@group(0) @binding(4) var<storage, read> towards: array<f32>;
@group(0) @binding(5) var<storage, read> towardsRunning: array<vec2f>;
@group(0) @binding(6) var<storage, read> anchor: array<f32>;
@group(0) @binding(7) var<storage, read> weights: array<f32>;
@group(0) @binding(8) var<storage, read_write> losses: array<f32>;

override lanes: u32 = 64; // a power of two

var<workgroup> parts: array<f32, lanes>;

@compute @workgroup_size(lanes)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) grid: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let row = group.x + group.y * grid.x;
  if (row >= shape.rows) {
    return;
  }
  let position = row % shape.positions;
  let start = row * shape.width;
  let towardsStart = position * shape.width;
  let own = running[row];
  let its = towardsRunning[position];

  var sum = 0.0;
  for (var i = lane; i < shape.width; i += lanes) {
    let f = towards[towardsStart + i] / its.y;
    sum += f * (anchor[towardsStart + i] - normed[start + i]);
    sums[start + i] = weights[position] * (sums[start + i] / own.y - f);
  }
  parts[lane] = sum;
  workgroupBarrier();
  for (var half = lanes / 2; half > 0; half /= 2) {
    if (lane < half) {
      parts[lane] += parts[lane + half];
    }
    workgroupBarrier();
  }
  if (lane == 0) {
    losses[row] = (own.x - its.x) + (log(own.y) - log(its.y)) + parts[0];
  }
}
