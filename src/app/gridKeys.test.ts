import { expect, test } from "vitest";

import { move } from "./gridKeys";

const size = { rows: 31, columns: 10 };
const press = (key: string, ctrlKey = false) =>
  move({ row: 5, position: 4 }, { key, ctrlKey, metaKey: false }, size);

test("arrows move one cell, and up is toward the output row", () => {
  expect(press("ArrowUp")).toEqual({ row: 6, position: 4 });
  expect(press("ArrowDown")).toEqual({ row: 4, position: 4 });
  expect(press("ArrowLeft")).toEqual({ row: 5, position: 3 });
  expect(press("ArrowRight")).toEqual({ row: 5, position: 5 });
});

test("Home and End stay in the row; with Ctrl they go to the first and the last cell", () => {
  expect(press("Home")).toEqual({ row: 5, position: 0 });
  expect(press("End")).toEqual({ row: 5, position: 9 });
  expect(press("Home", true)).toEqual({ row: 30, position: 0 });
  expect(press("End", true)).toEqual({ row: 0, position: 9 });
});

test("no key leaves the grid, and other keys are not the grid's", () => {
  const top = { row: 30, position: 9 };
  const key = { ctrlKey: false, metaKey: false };
  expect(move(top, { ...key, key: "ArrowUp" }, size)).toEqual(top);
  expect(move(top, { ...key, key: "ArrowRight" }, size)).toEqual(top);
  expect(press("Tab")).toBeNull();
});
