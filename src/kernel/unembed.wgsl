// One sweep over the vocabulary: what is to be known of the logits, tile by tile, without keeping them.
//
//   hidden         [positions, members, quads]  normed, vec4; member 0 is the output row
//   weight         [count, quads]               rows `first` to `first + count` of W_U, vec4
//   bias           [vocab]                      b_U
//   targets        [positions]                  token ids, -1 where there is none
//   targetLogits   [positions, members]         z_t of the target
//   stripMaxima    [rows, tiles * 8]            the largest logit of 16 consecutive tokens, LOWEST past the vocabulary
//   tileSums       [rows, tiles]                (s, t, x, c) of 128 consecutive tokens, below
//
// With z the row's logits in the tile, m their maximum, and p and mp those of its position's output row:
//   s = sum exp(z - m)                                    t = sum (z - m) exp(z - m)
//   x = sum exp(p - mp) ((p - mp) - (z - m))              c = #{v != target : z_v > z_t}
//
// x is KL's direct sum: where the rows agree each term is small, and a shift of all logits is gone
// before anything is rounded. The identity through the mean of W_U's rows cancels (2e-3 nats).
//
// One workgroup of 128 lanes per block of at most 64 rows and tile of 128 tokens; a block is whole
// positions, so that the output row is at hand. Each lane holds 8 rows by 8 tokens. Per step of 16
// inputs it fetches a block of 4 tokens by 4 inputs (the first 64 lanes 4 rows by 4 inputs too) and
// stores it transposed, so that the inner loop reads whole vectors. Strides and the order of inputs
// (0, 4, 8, 12, 1, 5 ...) let lanes that store or load together hit different banks. Rows and tokens
// past the end repeat the last one; what comes of them is masked or not written.

struct Shape {
  rows: u32,
  members: u32,
  blockRows: u32, // a multiple of members, at most 64
  quads: u32, // a multiple of 4
  vocab: u32,
  tiles: u32,
  first: u32,
  count: u32,
  tile: u32, // the dispatch's first
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> hidden: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read> targets: array<i32>;
@group(0) @binding(5) var<storage, read> targetLogits: array<f32>;
@group(0) @binding(6) var<storage, read_write> stripMaxima: array<f32>;
@group(0) @binding(7) var<storage, read_write> tileSums: array<vec4f>;

const LOWEST = -3.4028234e38;
const TILE = 128u;
const STRIPS = 8u; // in a tile
const STEP = 16u; // inputs

const ROW_STRIDE = 18u; // 16 vectors of rows and two to shift the banks
const TOKEN_STRIDE = 34u; // 32 vectors of tokens, one between the halves and one after
const TOKENS_AT = STEP * ROW_STRIDE;

// 16 KiB, all that WebGPU promises. In turn:
//   the step's inputs: rows, then tokens from TOKENS_AT
//   the output rows' logits [24 positions][32], then from MAXIMA_AT each lane's row maxima [16 tx][16]
//   each lane's sums [16 tx][64 rows]
var<workgroup> pool: array<vec4f, 1024>;
const MAXIMA_AT = 768u;

@compute @workgroup_size(128)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let tx = lane % 16; // tokens 8 tx to 8 tx + 7 of the tile
  let ty = lane / 16; // rows 8 ty to 8 ty + 7 of the block
  let block = group.x * shape.blockRows;
  let tile = shape.tile + group.y;
  let local = tile * TILE - shape.first;

  // What this lane fetches: input quad `fetched` of four rows and four tokens.
  let fetched = lane % 4;
  let four = lane / 4;
  let lastRow = shape.rows - 1;
  let lastToken = shape.count - 1;
  let rowsAt = min(vec4u(block + 4 * four) + vec4u(0, 1, 2, 3), vec4u(lastRow)) * shape.quads;
  let tokensAt = min(vec4u(local + 4 * four) + vec4u(0, 1, 2, 3), vec4u(lastToken)) * shape.quads;
  let tokensTo = TOKENS_AT + (four % 2) * 17 + four / 2;

  var z = array<vec4f, 16>(); // [8 rows][2 fours of tokens]
  for (var step = 0u; step < shape.quads; step += STEP / 4) {
    let quad = step + fetched;
    let w = transpose(mat4x4f(
      weight[tokensAt.x + quad], weight[tokensAt.y + quad],
      weight[tokensAt.z + quad], weight[tokensAt.w + quad]));
    pool[tokensTo + fetched * TOKEN_STRIDE] = w[0];
    pool[tokensTo + (4 + fetched) * TOKEN_STRIDE] = w[1];
    pool[tokensTo + (8 + fetched) * TOKEN_STRIDE] = w[2];
    pool[tokensTo + (12 + fetched) * TOKEN_STRIDE] = w[3];
    if (four < 16) {
      let h = transpose(mat4x4f(
        hidden[rowsAt.x + quad], hidden[rowsAt.y + quad],
        hidden[rowsAt.z + quad], hidden[rowsAt.w + quad]));
      pool[four + fetched * ROW_STRIDE] = h[0];
      pool[four + (4 + fetched) * ROW_STRIDE] = h[1];
      pool[four + (8 + fetched) * ROW_STRIDE] = h[2];
      pool[four + (12 + fetched) * ROW_STRIDE] = h[3];
    }
    workgroupBarrier();
    for (var input = 0u; input < STEP; input++) {
      let a0 = pool[input * ROW_STRIDE + 2 * ty];
      let a1 = pool[input * ROW_STRIDE + 2 * ty + 1];
      let b0 = pool[TOKENS_AT + input * TOKEN_STRIDE + tx];
      let b1 = pool[TOKENS_AT + input * TOKEN_STRIDE + 17 + tx];
      z[0] += a0.x * b0;
      z[1] += a0.x * b1;
      z[2] += a0.y * b0;
      z[3] += a0.y * b1;
      z[4] += a0.z * b0;
      z[5] += a0.z * b1;
      z[6] += a0.w * b0;
      z[7] += a0.w * b1;
      z[8] += a1.x * b0;
      z[9] += a1.x * b1;
      z[10] += a1.y * b0;
      z[11] += a1.y * b1;
      z[12] += a1.z * b0;
      z[13] += a1.z * b1;
      z[14] += a1.w * b0;
      z[15] += a1.w * b1;
    }
    workgroupBarrier();
  }

  // Biases; tokens past the vocabulary get LOWEST, and a weight of zero below.
  let tokens0 = vec4u(tile * TILE + 8 * tx) + vec4u(0, 1, 2, 3);
  let tokens1 = tokens0 + 4;
  let isToken0 = tokens0 < vec4u(shape.vocab);
  let isToken1 = tokens1 < vec4u(shape.vocab);
  let known0 = min(tokens0, vec4u(shape.vocab - 1));
  let known1 = min(tokens1, vec4u(shape.vocab - 1));
  let bias0 = vec4f(bias[known0.x], bias[known0.y], bias[known0.z], bias[known0.w]);
  let bias1 = vec4f(bias[known1.x], bias[known1.y], bias[known1.z], bias[known1.w]);
  var largest = array<f32, 8>();
  for (var i = 0u; i < 8; i++) {
    z[2 * i] = select(vec4f(LOWEST), z[2 * i] + bias0, isToken0);
    z[2 * i + 1] = select(vec4f(LOWEST), z[2 * i + 1] + bias1, isToken1);
    let m = max(z[2 * i], z[2 * i + 1]);
    largest[i] = max(max(m.x, m.y), max(m.z, m.w));
  }

  // Output rows go where every lane sees them; a block of output rows alone needs no other.
  for (var i = 0u; i < 8; i++) {
    let row = 8 * ty + i;
    if (shape.members > 1 && row < shape.blockRows && row % shape.members == 0) {
      pool[row / shape.members * 32 + 2 * tx] = z[2 * i];
      pool[row / shape.members * 32 + 2 * tx + 1] = z[2 * i + 1];
    }
  }
  let maxima = MAXIMA_AT + 2 * ty;
  pool[maxima + 16 * tx] = vec4f(largest[0], largest[1], largest[2], largest[3]);
  pool[maxima + 16 * tx + 1] = vec4f(largest[4], largest[5], largest[6], largest[7]);
  workgroupBarrier();

  // A strip of 16 tokens is two lanes'.
  for (var at = lane; at < 64 * STRIPS; at += 128u) {
    let row = at / STRIPS;
    let strip = at % STRIPS;
    if (row < shape.blockRows && block + row < shape.rows) {
      let lanes = MAXIMA_AT + 32 * strip + row / 4;
      stripMaxima[((block + row) * shape.tiles + tile) * STRIPS + strip] =
        max(pool[lanes][row % 4], pool[lanes + 16][row % 4]);
    }
  }
  var m0 = vec4f(LOWEST);
  var m1 = vec4f(LOWEST);
  for (var i = 0u; i < 16; i++) {
    m0 = max(m0, pool[maxima + 16 * i]);
    m1 = max(m1, pool[maxima + 16 * i + 1]);
  }
  workgroupBarrier();
  if (tx == 0) {
    pool[maxima] = m0;
    pool[maxima + 1] = m1;
  }
  workgroupBarrier();

  var sums = array<vec4f, 8>();
  for (var i = 0u; i < 8; i++) {
    let slot = min(8 * ty + i, shape.blockRows - 1);
    let row = min(block + slot, lastRow);
    let outputSlot = slot - slot % shape.members;
    let m = pool[MAXIMA_AT + slot / 4][slot % 4];
    let mp = pool[MAXIMA_AT + outputSlot / 4][outputSlot % 4];
    let targetId = vec4u(bitcast<u32>(targets[row / shape.members]));
    let targetLogit = vec4f(targetLogits[row]);
    for (var half = 0u; half < 2; half++) {
      let logits = z[2 * i + half];
      var outputs = logits;
      if (shape.members > 1) {
        outputs = pool[slot / shape.members * 32 + 2 * tx + half];
      }
      let isToken = select(isToken0, isToken1, half == 1);
      let tokens = select(tokens0, tokens1, half == 1);
      let shifted = select(vec4f(0), logits - m, isToken);
      let outputShifted = select(vec4f(0), outputs - mp, isToken);
      let one = select(vec4f(0), vec4f(1), isToken);
      let e = one * exp(shifted);
      let w = one * exp(outputShifted);
      let above = isToken & (logits > targetLogit) & (tokens != targetId);
      sums[i] += vec4f(
        dot(e, vec4f(1)),
        dot(e, shifted),
        dot(w, outputShifted - shifted),
        dot(select(vec4f(0), vec4f(1), above), vec4f(1)),
      );
    }
  }
  workgroupBarrier();
  for (var i = 0u; i < 8; i++) {
    pool[64 * tx + 8 * ty + i] = sums[i];
  }
  workgroupBarrier();
  if (lane < shape.blockRows && block + lane < shape.rows) {
    var sum = vec4f(0);
    for (var i = 0u; i < 16; i++) {
      sum += pool[64 * i + lane];
    }
    tileSums[(block + lane) * shape.tiles + tile] = sum;
  }
}
