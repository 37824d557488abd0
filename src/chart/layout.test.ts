import { expect, test } from "vitest";

import { columnWidth, columnWindow, rowTop } from "./layout";

test("columnWidth shares the room out evenly, up to the widest", () => {
  const limits = { min: 60, max: 160 };
  expect(columnWidth(700, 10, limits)).toBe(70);
  expect(columnWidth(700, 2, limits)).toBe(160);
});

test("columnWidth lets a whole number of columns fill the room where they overflow", () => {
  const width = columnWidth(763, 100, { min: 60, max: 160 });
  expect(763 / width).toBeCloseTo(12, 10);
  expect(width).toBeGreaterThanOrEqual(60);
  expect(columnWidth(40, 100, { min: 60, max: 160 })).toBe(40); // not even one fits
});

test("columnWidth keeps its promises in every room that a page has", () => {
  const limits = { min: 60, max: 160 };
  for (let room = 60; room < 1500; room += 37) {
    for (const columns of [1, 2, 10, 25, 300]) {
      const width = columnWidth(room, columns, limits);
      expect(width).toBeGreaterThanOrEqual(60);
      if (columns * 60 <= room) {
        expect(width).toBeLessThanOrEqual(160);
        expect(width * columns).toBeLessThanOrEqual(room);
      } else expect(room / width).toBeCloseTo(Math.round(room / width), 9);
    }
  }
});

test("columnWindow always holds what is in view, within the reading", () => {
  for (let from = 0; from < 256; from += 5) {
    const visible = { from, to: Math.min(256, from + 13) };
    const drawn = columnWindow({ columns: 256, rows: 31 }, visible);
    expect(drawn.from).toBeLessThanOrEqual(visible.from);
    expect(drawn.to).toBeGreaterThanOrEqual(visible.to);
    expect(drawn.from).toBeGreaterThanOrEqual(0);
    expect(drawn.to).toBeLessThanOrEqual(256);
  }
});

test("columnWindow draws all of a small heatmap, and of a wide one what is near the view", () => {
  expect(columnWindow({ columns: 32, rows: 31 }, { from: 3, to: 9 })).toEqual({ from: 0, to: 32 });
  expect(columnWindow({ columns: 256, rows: 31 }, { from: 100, to: 112 })).toEqual({
    from: 88,
    to: 120,
  });
  expect(columnWindow({ columns: 256, rows: 31 }, { from: 0, to: 12 })).toEqual({
    from: 0,
    to: 24,
  });
});

test("columnWindow stays within a reading that has become shorter", () => {
  const { from, to } = columnWindow({ columns: 60, rows: 31 }, { from: 240, to: 252 });
  expect(from).toBeLessThan(60);
  expect(to).toBe(60);
});

test("rowTop leaves room under the output row", () => {
  expect([0, 1, 2].map((i) => rowTop(i, { pitch: 24, afterOutput: 6 }))).toEqual([0, 30, 54]);
});
