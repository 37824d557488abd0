import { expect, test } from "vitest";

import { move } from "./gridKeys";

const size = { rows: 31, columns: 10 };
const press = (key: string, ctrlKey = false) =>
  move({ row: 5, column: 4 }, { key, ctrlKey, metaKey: false }, size);

test("arrows move one cell, and up is toward the output row", () => {
  expect(press("ArrowUp")).toEqual({ row: 4, column: 4 });
  expect(press("ArrowDown")).toEqual({ row: 6, column: 4 });
  expect(press("ArrowLeft")).toEqual({ row: 5, column: 3 });
  expect(press("ArrowRight")).toEqual({ row: 5, column: 5 });
});

test("Home and End stay in the row; with Ctrl they go to the first and the last cell", () => {
  expect(press("Home")).toEqual({ row: 5, column: 0 });
  expect(press("End")).toEqual({ row: 5, column: 9 });
  expect(press("Home", true)).toEqual({ row: 0, column: 0 });
  expect(press("End", true)).toEqual({ row: 30, column: 9 });
});

test("⌘ is Ctrl where there is a ⌘, and neither changes the arrows", () => {
  const from = { row: 5, column: 4 };
  const metaKey = { ctrlKey: false, metaKey: true };
  expect(move(from, { key: "Home", ...metaKey }, size)).toEqual({ row: 0, column: 0 });
  expect(move(from, { key: "End", ...metaKey }, size)).toEqual({ row: 30, column: 9 });
  expect(press("ArrowUp", true)).toEqual(press("ArrowUp"));
});

test("no key leaves the grid, and other keys are not the grid's", () => {
  const top = { row: 0, column: 9 };
  const key = { ctrlKey: false, metaKey: false };
  expect(move(top, { ...key, key: "ArrowUp" }, size)).toEqual(top);
  expect(move(top, { ...key, key: "ArrowRight" }, size)).toEqual(top);
  const bottom = { row: 30, column: 0 };
  expect(move(bottom, { ...key, key: "ArrowDown" }, size)).toEqual(bottom);
  expect(move(bottom, { ...key, key: "ArrowLeft" }, size)).toEqual(bottom);
  for (const other of ["Tab", "Enter", "Escape", "p", "PageDown"]) expect(press(other)).toBeNull();
});
