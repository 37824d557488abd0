import { expect, test } from "vitest";

import { columnWindow } from "./columnWindow";

test("columnWindow draws every column of an ordinary reading", () => {
  const all = columnWindow({ columns: 80, rows: 31 }, { from: 0, to: 10 });
  expect(all).toEqual({ from: 0, to: 80 });
});

test("columnWindow draws what is in view of a long one, and a margin", () => {
  const table = { columns: 4000, rows: 31 };
  expect(columnWindow(table, { from: 0, to: 10 })).toEqual({ from: 0, to: 32 });
  expect(columnWindow(table, { from: 1000, to: 1010 })).toEqual({ from: 976, to: 1040 });
  expect(columnWindow(table, { from: 3990, to: 4001 })).toEqual({ from: 3968, to: 4000 });
});

test("columnWindow is not empty where a shorter prompt has left the view behind", () => {
  const { from, to } = columnWindow({ columns: 100, rows: 31 }, { from: 3000, to: 3010 });
  expect(to).toBeGreaterThan(from);
});
