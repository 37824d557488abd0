/** A curve's value in the `i`th drawn row; NaN where it has none. */
export type Point = { readonly i: number; readonly value: number };

/** A curve in pieces, from gap to gap: in each, every point has a value, and follows the one before. */
export function runs(points: readonly Point[]): Point[][] {
  const all: Point[][] = [];
  let run: Point[] = [];
  for (const point of points) {
    if (Number.isNaN(point.value)) {
      run = [];
      continue;
    }
    if (run.length === 0) all.push(run);
    run.push(point);
  }
  return all;
}
