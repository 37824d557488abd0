// Statistics of each row, from what `unembed` kept of its tiles. Natural logs, nats.
//
//   stripMaxima  [positions, members, tiles, 2]  vec4
//   tileSums     [positions, members, tiles]     (s, t, x, c), relative to the tile's maximum
//   merged       [positions, members, 5]         maximum, log of the shifted sum, entropy, KL(final || lens), rank
//
// With m the row's maximum, d = (tile's maximum) - m, and dp, sp those of its position's output row:
//   S = sum e^d s      T = sum e^d (t + d s)      P = sum e^dp sp      X = sum e^dp (x + (dp - d) sp)
//   entropy = ln S - T / S      KL = X / P + ln S - ln P      rank = 1 + sum c
//
// One workgroup per row, two passes over its tiles.

struct Shape {
  rows: u32,
  members: u32,
  tiles: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> stripMaxima: array<vec4f>;
@group(0) @binding(2) var<storage, read> tileSums: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> merged: array<f32>;

override lanes: u32 = 64; // a power of two
const LOWEST = -3.4028234e38;

var<workgroup> maxima: array<vec2f, lanes>; // the row's, the output row's
var<workgroup> sums: array<vec4f, lanes>; // (S, T, X, c)
var<workgroup> outputSums: array<f32, lanes>; // P

fn tileMaximum(tile: u32) -> f32 {
  let m = max(stripMaxima[2 * tile], stripMaxima[2 * tile + 1]);
  return max(max(m.x, m.y), max(m.z, m.w));
}

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
  let output = row - row % shape.members;
  let start = row * shape.tiles;
  let outputStart = output * shape.tiles;

  var m = vec2f(LOWEST);
  for (var tile = lane; tile < shape.tiles; tile += lanes) {
    m = max(m, vec2f(tileMaximum(start + tile), tileMaximum(outputStart + tile)));
  }
  maxima[lane] = m;
  workgroupBarrier();
  for (var half = lanes / 2; half > 0; half /= 2) {
    if (lane < half) {
      maxima[lane] = max(maxima[lane], maxima[lane + half]);
    }
    workgroupBarrier();
  }
  m = maxima[0];

  var sum = vec4f(0);
  var outputSum = 0.0;
  for (var tile = lane; tile < shape.tiles; tile += lanes) {
    let d = vec2f(tileMaximum(start + tile), tileMaximum(outputStart + tile)) - m;
    let e = exp(d);
    let own = tileSums[start + tile];
    let sp = tileSums[outputStart + tile].x;
    sum += vec4f(e.x * own.x, e.x * (own.y + d.x * own.x), e.y * (own.z + (d.y - d.x) * sp), own.w);
    outputSum += e.y * sp;
  }
  sums[lane] = sum;
  outputSums[lane] = outputSum;
  workgroupBarrier();
  for (var half = lanes / 2; half > 0; half /= 2) {
    if (lane < half) {
      sums[lane] += sums[lane + half];
      outputSums[lane] += outputSums[lane + half];
    }
    workgroupBarrier();
  }
  if (lane == 0) {
    sum = sums[0];
    let kl = sum.z / outputSums[0] + (log(sum.x) - log(outputSums[0]));
    merged[5 * row] = m.x;
    merged[5 * row + 1] = log(sum.x);
    merged[5 * row + 2] = max(0, log(sum.x) - sum.y / sum.x);
    merged[5 * row + 3] = select(max(0, kl), 0, row == output);
    merged[5 * row + 4] = 1 + sum.w;
  }
}
