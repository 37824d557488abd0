import { expect, test } from "vitest";

import { sha256 } from "../math/sha256";
import goldens from "./fixtures/numpy.json";
import { numpyText } from "./numpyText";

const toNumber = (text: string) => Number(text.replace("inf", "Infinity"));

test.each(goldens.texts)("numpyText() prints $matrix as numpy does", ({ matrix, text }) => {
  const values = Float32Array.from(matrix.flat(), toNumber);
  expect(numpyText(values, matrix.length, matrix[0].length)).toBe(text);
});

/** `formula` in `fixtures/make_numpy.py`. */
function formula(rows: number, columns: number, seed: number, divisor: number): Float32Array {
  const whole = (i: number) => ((i * 7919 + seed * 104_729) % 2003) - 1001;
  return Float32Array.from({ length: rows * columns }, (_, i) => whole(i) / divisor);
}

test.each(goldens.hashes)(
  "numpyText() prints $rows × $columns numbers over $divisor as numpy does, to the character",
  async ({ rows, columns, seed, divisor, sha256: expected }) => {
    const text = numpyText(formula(rows, columns, seed, divisor), rows, columns);
    expect(await sha256(new TextEncoder().encode(text)), text).toBe(expected);
  },
);

test("numpyText() prints nothing of a matrix that has nothing", () => {
  expect(numpyText(new Float32Array(), 0, 4)).toBe("[]");
});
