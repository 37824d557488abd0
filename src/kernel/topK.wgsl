// The k largest values of each row and their ids, largest first; equal: the lower id first.
//
//   values  [rows, columns]
//   runs    [rows or 1, columns / run]  column c has the id runs[c / run] * run + c % run
//   ids     [rows, k]                   k at most columns
//   best    [rows, k]
//
// One workgroup per row. Each lane holds the best of its columns that is not listed yet; k times the
// best of all is listed, and the lane that it came from looks for its next.

struct Shape {
  rows: u32,
  columns: u32,
  run: u32,
  runsStride: u32, // from one row's runs to the next's; 0 where all rows have the same
  k: u32,
}

@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read> runs: array<i32>;
@group(0) @binding(3) var<storage, read_write> ids: array<i32>;
@group(0) @binding(4) var<storage, read_write> best: array<f32>;

override lanes: u32 = 64; // a power of two
const LOWEST = -3.4028234e38;
const HIGHEST = 3.4028234e38;
const NO_ID = 0x7fffffff;

struct Entry {
  value: f32,
  id: i32,
}

var<workgroup> entries: array<Entry, lanes>;

fn precedes(a: Entry, b: Entry) -> bool {
  return a.value > b.value || (a.value == b.value && a.id < b.id);
}

fn nextOf(lane: u32, row: u32, last: Entry) -> Entry {
  var next = Entry(LOWEST, NO_ID);
  for (var column = lane; column < shape.columns; column += lanes) {
    let id = runs[row * shape.runsStride + column / shape.run] * i32(shape.run)
      + i32(column % shape.run);
    let entry = Entry(values[row * shape.columns + column], id);
    if (precedes(last, entry) && precedes(entry, next)) {
      next = entry;
    }
  }
  return next;
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
  var mine = nextOf(lane, row, Entry(HIGHEST, -1));
  for (var i = 0u; i < shape.k; i++) {
    entries[lane] = mine;
    workgroupBarrier();
    for (var half = lanes / 2; half > 0; half /= 2) {
      if (lane < half && precedes(entries[lane + half], entries[lane])) {
        entries[lane] = entries[lane + half];
      }
      workgroupBarrier();
    }
    let winner = entries[0];
    workgroupBarrier(); // read before the next round writes
    if (lane == 0) {
      ids[row * shape.k + i] = winner.id;
      best[row * shape.k + i] = winner.value;
    }
    if (mine.id == winner.id) {
      mine = nextOf(lane, row, winner);
    }
  }
}
