/** Sizes that straddle a workgroup's 256, and as many layers as divide them. */
export const steppedSizes = [
  [1, 1],
  [255, 3],
  [256, 2],
  [257, 1],
  [1000, 4],
] as const;

/** What the rates of so many layers are multiplied by; all differ. */
export const scalesOf = (layers: number) =>
  Float32Array.from({ length: layers }, (_, layer) => 1 / 2 ** layer);
