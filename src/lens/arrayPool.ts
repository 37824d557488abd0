import type { HiddenPool } from "./trainingBackend";

/** A pool in plain arrays. */
export function createArrayPool(rows: number, dModel: number): HiddenPool<Float32Array> {
  const states: Float32Array[] = [];
  const taken: Float32Array[] = [];
  const targets = new Int32Array(rows);
  return {
    put(start, { hidden, positions, targets: ofSequence }) {
      for (const [layer, state] of hidden.entries()) {
        states[layer] ??= new Float32Array(rows * dModel);
        states[layer].set(state.subarray(0, positions * dModel), start * dModel);
      }
      targets.set(ofSequence.subarray(0, positions), start);
    },
    take(wanted) {
      for (const [layer, state] of states.entries()) {
        if (taken[layer]?.length !== wanted.length * dModel)
          taken[layer] = new Float32Array(wanted.length * dModel);
        for (const [i, row] of wanted.entries())
          taken[layer].set(state.subarray(row * dModel, (row + 1) * dModel), i * dModel);
      }
      return {
        hidden: taken,
        positions: wanted.length,
        targets: Int32Array.from(wanted, (row) => targets[row]),
      };
    },
    dispose() {},
  };
}
