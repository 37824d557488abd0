import { expect, test } from "vitest";

import { columnWindow } from "./columnWindow";

const view = { left: 0, width: 960, columnWidth: 96 };

test("columnWindow draws every column of an ordinary reading", () => {
  expect(columnWindow({ columns: 80, rows: 31 }, view)).toEqual({ from: 0, to: 80 });
});

test("columnWindow draws what is in view and a margin of a long one", () => {
  const table = { columns: 4000, rows: 31 };
  expect(columnWindow(table, view)).toEqual({ from: 0, to: 32 });
  expect(columnWindow(table, { ...view, left: 96 * 1000 })).toEqual({ from: 976, to: 1040 });
  expect(columnWindow(table, { ...view, left: 96 * 3990 })).toEqual({ from: 3968, to: 4000 });
});
