import { expect, test } from "vitest";

import { lineNames, type NamedLine, type Place } from "./lineNames";

const room = { left: 40, right: 640, top: 0, bottom: 330 };
/** Ten layers, 600 px, on a √ axis of 0 to 25. */
const line = (name: string, values: readonly number[]): NamedLine => ({
  name,
  points: values.map((value, i) => ({
    x: 40 + (i * 600) / 9,
    y: 330 * (1 - Math.sqrt(value) / 5),
  })),
});
const logit = line("logit lens", [25, 12.9, 14.4, 15.6, 18, 18.1, 15.7, 11, 5.9, 3.3]);
const start = line("closed form", [3.72, 3.41, 2.97, 2.84, 2.55, 2.28, 1.78, 1, 0.61, 0.26]);
const trained = line("trained", [3.28, 2.75, 2.38, 2.27, 1.99, 1.81, 1.45, 0.84, 0.5, 0.21]);

/** Height of a line over `x`. */
function heightAt(points: readonly Place[], x: number): number {
  const after = Math.max(
    1,
    points.findIndex((point) => point.x >= x),
  );
  const [a, b] = [points[after - 1], points[after]];
  return a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x);
}

/** What a name covers: a little less than its box. */
const boxes = (lines: readonly NamedLine[]) =>
  lineNames(lines, room, []).map((place, i) => ({
    left: place!.x,
    right: place!.x + lines[i].name.length * 6.8,
    top: place!.y - 10,
    bottom: place!.y + 3,
  }));

test("lineNames keeps names off every line, off each other, and in the room", () => {
  const lines = [logit, start, trained];
  const all = boxes(lines);
  for (const [i, box] of all.entries()) {
    for (let x = box.left; x <= box.right; x += 2) {
      for (const { points } of lines) {
        const y = heightAt(points, x);
        expect(y < box.top || y > box.bottom, `${lines[i].name} at ${x}`).toBe(true);
      }
    }
    expect(box.left).toBeGreaterThanOrEqual(room.left);
    expect(box.right).toBeLessThanOrEqual(room.right);
    for (const other of all.slice(i + 1)) {
      expect(
        box.right < other.left ||
          other.right < box.left ||
          box.bottom < other.top ||
          other.bottom < box.top,
      ).toBe(true);
    }
  }
});

test("lineNames puts the names of two near lines on their outer sides", () => {
  const [, above, below] = lineNames([logit, start, trained], room, []);
  expect(above!.y).toBeLessThan(heightAt(start.points, above!.x));
  expect(below!.y).toBeGreaterThan(heightAt(trained.points, below!.x));
});

test("lineNames keeps off what else is written", () => {
  const [free] = lineNames([start], room, []);
  const taken = { left: free!.x, right: free!.x + 75, top: free!.y - 11, bottom: free!.y + 4 };
  const [moved] = lineNames([start], room, [taken]);
  expect(moved).not.toEqual(free);
});

test("lineNames keeps off the upright parts of its own line", () => {
  const down = [
    { x: 100, y: 40 },
    { x: 300, y: 40 },
    { x: 300, y: 200 },
    { x: 500, y: 200 },
  ];
  const [place] = lineNames([{ name: "closed form", points: down, near: 300 }], room, []);
  const isClear = place!.x > 300 || place!.x + 11 * 6.8 < 300 || place!.y < 40 || place!.y > 211;
  expect(isClear).toBe(true);
});

test("lineNames has no name for a line without points", () => {
  expect(lineNames([{ name: "b", points: [] }], room, [])).toEqual([null]);
});

test("lineNames names a point, and a line shorter than its name, beside itself", () => {
  const point = { name: "closed form", points: [{ x: 300, y: 100 }] };
  const short = {
    name: "Adam, 3.22",
    points: [
      { x: 600, y: 200 },
      { x: 612, y: 196 },
    ],
  };
  for (const [i, box] of boxes([point, short]).entries()) {
    const { x, y } = [point, short][i].points[0];
    expect(box.left).toBeLessThanOrEqual(x + 12);
    expect(box.right).toBeGreaterThanOrEqual(x - 12);
    expect(Math.min(Math.abs(box.top - y), Math.abs(box.bottom - y))).toBeLessThan(16);
  }
});
