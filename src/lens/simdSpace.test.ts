import { expect, test } from "vitest";
import { normals } from "../math/random";
import { adam } from "./adam";
import { plainSpace } from "./parameterSpace";
import { openSimdSpace } from "./simdSpace";

/** More than is staged at a time, and no whole number of times as much. */
const length = 2 ** 17 + 12;
const options = (step: number) => ({ rate: 0.01, decay: 0.1, step, scale: 0.5 });

test("adam() is the definition, whichever array lies where, and touches no other", () => {
  const space = openSimdSpace(5 * length);
  const between = space.allocate(length).fill(7);
  const [parameters, means, squares] = [1, 2, 3].map(() => space.allocate(length));
  const after = space.allocate(length).fill(9);
  const expected = [normals(length, 1, 1), 0, 0].map((from) =>
    from === 0 ? new Float64Array(length) : Float64Array.from(from as Float32Array),
  );
  parameters.set(expected[0]);
  for (const step of [1, 2, 3]) {
    const gradient = normals(length, 1e-3, step + 1);
    if (step === 2) gradient[0] = 22_500;
    adam.step(expected[0], gradient, [expected[1], expected[2]], options(step));
    const unchanged = gradient.slice();
    space.adam.step(parameters, gradient, [means, squares], options(step));
    expect(gradient).toEqual(unchanged);
  }
  // Three float32 steps differ from the float64 definition by the rounding of what they write, and where
  // a first gradient is near 0, by that of g².
  for (const [i, values] of [parameters, means, squares].entries()) {
    const worst = Array.from(values).reduce((worst, x, at) => {
      const allowed = [2e-6, 1e-9, 1e-12][i] + 2e-6 * Math.abs(expected[i][at]);
      return Math.max(worst, Math.abs(x - expected[i][at]) / allowed);
    }, 0);
    expect(worst).toBeLessThan(1);
  }
  expect(between.every((x) => x === 7) && after.every((x) => x === 9)).toBe(true);
});

test("moveToward() is the definition, to a rounding", () => {
  const [space, plain] = [openSimdSpace(16), plainSpace(Float64Array)];
  const pairs = [space, plain].map((one) => {
    const [average, values] = [one.allocate(8), one.allocate(8)];
    average.set(normals(8, 1, 1));
    values.set(normals(8, 1, 2));
    one.moveToward(average, values, 0.3);
    return average;
  });
  pairs[0].forEach((x, i) => expect(x).toBeCloseTo(pairs[1][i], 6));
  expect(pairs[0]).not.toEqual(normals(8, 1, 1));
});

test("a space that is too large is refused in a sentence, and one in part vectors is no space", () => {
  expect(() => openSimdSpace(2 ** 31)).toThrow(/needs 8,?591 MB of memory in one piece/);
  expect(() => openSimdSpace(8).allocate(6)).toThrow("no whole number of vectors");
});
