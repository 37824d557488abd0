import { expect, test } from "vitest";

import { nameSides } from "./nameSides";

const sides = (logit: number, jacobian: number) =>
  nameSides(
    [
      { name: "logit", end: logit },
      { name: "Jacobian", end: jacobian },
    ],
    152,
  );

test("nameSides puts names right of their curves while the axis has room", () => {
  expect(sides(100, 20)).toEqual(["right", "right"]);
  expect(sides(20, 100)).toEqual(["right", "right"]);
});

test("nameSides puts the name of a curve at the axis's end left of it", () => {
  expect(sides(152, 20)).toEqual(["left", "right"]);
});

test("nameSides gives way to the left where a name would run into the other curve or its name", () => {
  expect(sides(152, 70)).toEqual(["left", "left"]); // 56 px of Jacobian and 38 of logit are too much
  expect(sides(152, 57)).toEqual(["left", "right"]); // just fits
  expect(sides(110, 60)).toEqual(["right", "left"]); // into the curve itself
  expect(sides(60, 80)).toEqual(["left", "right"]);
});

test("nameSides stays on the right where there is no room on the left either", () => {
  expect(sides(60, 30)).toEqual(["right", "right"]);
});
