import { expect, test } from "vitest";
import { normals } from "../../math/random";
import { isFarAbove, isGrowing, type Losses, withLoss } from "./divergence";

/** The step of the first of these losses that is too much; null: none is. */
function grownAt(losses: readonly number[], positions = 48): number | null {
  let seen: Losses | null = null;
  for (const [i, loss] of losses.entries()) {
    seen = withLoss(seen, loss, positions);
    if (isGrowing(seen)) return i + 1;
  }
  return null;
}

/** So many losses about a mean, as far apart as those of a few positions are. */
const about = (mean: number, count: number) =>
  Array.from(normals(count, 0.4, 3), (x) => mean * Math.exp(x));

test("losses that stay, fall, or are of few positions do not grow", () => {
  expect(grownAt(about(2, 500))).toBeNull();
  expect(grownAt([...about(18, 8), ...about(1, 100)])).toBeNull();
  expect(grownAt([...about(0.02, 50), ...about(0.5, 50)])).toBeNull();
  expect(grownAt([2, 2, 2, 9, 2, 2])).toBeNull(); // one of them says little
  expect(
    grownAt(
      Array.from(about(1, 500), (x) => x ** 3),
      1,
    ),
  ).toBeNull(); // of one position each
});

test("losses that grow are noticed within a few steps", () => {
  expect(grownAt([2, 2e3])).toBe(2);
  expect(grownAt([0.1, 5.5, 5.5])).toBe(2);
  const slowly = grownAt([...about(2, 40), ...about(20, 40)]);
  expect(slowly).toBeGreaterThan(40);
  expect(slowly).toBeLessThan(46);
});

test("figures are far above the start's on average, or at half of the layers", () => {
  expect(isFarAbove([3.9, 2], [2, 1], false)).toBe(false);
  expect(isFarAbove([9, 1], [2, 1], false)).toBe(true);
  expect(isFarAbove([18, 3, 3], [18, 0.5, 0.5], false)).toBe(true); // a lens that lost to its start at most layers
  expect(isFarAbove([20, 20], [12, 12], true)).toBe(true);
  expect(isFarAbove([17, 17], [12, 12], true)).toBe(false);
  expect(isFarAbove([0.1, 0.1], [0.02, 0.02], false)).toBe(false);
  expect(isFarAbove([Number.NaN, 1], [1, 1], false)).toBe(true);
});
