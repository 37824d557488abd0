import { expect, test } from "vitest";

import { normals } from "../math/random";
import { newtonSchulz } from "./newtonSchulz";

test("newtonSchulz() brings every singular value near 1, and turns no direction", async () => {
  // In the basis of these reflections, a matrix of known singular values: U S Vᵀ.
  const n = 8;
  const reflection = (seed: number) => {
    const v = normals(n, 1, seed);
    const norm = v.reduce((sum, x) => sum + x * x, 0);
    return (i: number, j: number) => Number(i === j) - (2 * v[i] * v[j]) / norm;
  };
  const [u, v] = [reflection(1), reflection(2)];
  const singular = [50, 30, 20, 10, 8, 6, 5, 4];
  const compose = (values: ArrayLike<number>) =>
    Float64Array.from({ length: n * n }, (_, at) => {
      let sum = 0;
      for (let k = 0; k < n; ++k) sum += u(Math.floor(at / n), k) * values[k] * v(at % n, k);
      return sum;
    });
  const made = await newtonSchulz(compose(singular), n);
  // The quintic on each singular value of the normed matrix.
  const norm = Math.hypot(...singular);
  const mapped = singular.map((s) => {
    let x = s / norm;
    for (let step = 0; step < 5; ++step) x = 3.4445 * x - 4.775 * x ** 3 + 2.0315 * x ** 5;
    return x;
  });
  for (const value of mapped) expect(Math.abs(value - 0.95)).toBeLessThan(0.27);
  compose(mapped).forEach((value, i) => expect(made[i]).toBeCloseTo(value, 10));
});

test("newtonSchulz() leaves zeros zero, keeps the width, and needs no size of its input", async () => {
  expect(await newtonSchulz(new Float32Array(9), 3)).toEqual(new Float32Array(9));
  const matrix = normals(16, 1, 3);
  const made = await newtonSchulz(matrix.slice(), 4);
  expect(made).toBeInstanceOf(Float32Array);
  const larger = await newtonSchulz(
    matrix.map((x) => 1024 * x),
    4,
  );
  larger.forEach((value, i) => expect(value).toBeCloseTo(made[i], 6));
});
