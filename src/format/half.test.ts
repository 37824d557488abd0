import { expect, test } from "vitest";

import { normals } from "../math/random";
import { floatOfHalf, floatsToHalves, halvesToFloats } from "./half";

const rounded = (...values: number[]) => {
  const floats = new Float32Array(values.length);
  halvesToFloats(floatsToHalves(Float32Array.from(values)), floats);
  return [...floats];
};

test("floatsToHalves gives back every float16 as it is", () => {
  const bytes = floatsToHalves(floatOfHalf);
  const halves = new Uint16Array(bytes.buffer);
  for (let bits = 0; bits < 65536; ++bits) {
    if (Number.isNaN(floatOfHalf[bits])) expect(floatOfHalf[halves[bits]]).toBeNaN();
    else expect(halves[bits]).toBe(bits);
  }
});

test("floatsToHalves takes the nearest float16, of two the even one", () => {
  expect(rounded(1 + 2 ** -11, 1 + 3 * 2 ** -11, 1 + 2 ** -11 + 2 ** -20)).toEqual([
    1,
    1 + 2 ** -9,
    1 + 2 ** -10,
  ]);
  expect(rounded(2 ** -25, 3 * 2 ** -25, 2 ** -24 * 0.75, 2047.9)).toEqual([
    0,
    2 ** -23,
    2 ** -24,
    2048,
  ]);
  expect(rounded(65519, 65520, -1e30)).toEqual([65504, Infinity, -Infinity]);
});

test("floatsToHalves is within half a step of what it was given", () => {
  const values = normals(10_000, 3, 1);
  const back = rounded(...values);
  values.forEach((value, i) => {
    const step = 2 ** Math.max(-24, Math.floor(Math.log2(Math.abs(value))) - 10);
    expect(Math.abs(back[i] - value)).toBeLessThanOrEqual(step / 2);
  });
});
