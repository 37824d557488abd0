import { expect, test } from "vitest";

import { shoreOf } from "./shoreline";

const map = ["####", ".##.", ".#..", "...."];
const agrees = (row: number, column: number) => map[row]?.[column] === "#";
const shore = (row: number, column: number) => shoreOf(row, column, agrees);

test("shoreOf draws a line only where the neighbour does not agree", () => {
  expect(shore(1, 1)).toBe("l");
  expect(shore(1, 2)).toBe("r b");
  expect(shore(2, 1)).toBe("r b l");
});

test("shoreOf draws none round the output row, and none in cells that do not agree", () => {
  expect(shore(0, 0)).toBe("");
  expect(shore(1, 0)).toBe("");
});

test("shoreOf closes a region at the edges of the heatmap", () => {
  expect(shoreOf(1, 0, (row, column) => row >= 0 && row < 2 && column === 0)).toBe("r b l");
});

test("shoreOf names the edges in the order of a stylesheet: top, right, bottom, left", () => {
  expect(shoreOf(1, 0, (row, column) => row === 1 && column === 0)).toBe("t r b l");
});

test("shoreOf draws each border once, on the side that agrees", () => {
  const opposite = { t: [-1, 0], r: [0, 1], b: [1, 0], l: [0, -1] } as const;
  for (let row = 1; row < 4; ++row) {
    for (let column = 0; column < 4; ++column) {
      const edges = shore(row, column).split(" ").filter(Boolean) as (keyof typeof opposite)[];
      for (const [edge, [down, right]] of Object.entries(opposite)) {
        const isBorder = agrees(row, column) && !agrees(row + down, column + right);
        expect(edges.includes(edge as keyof typeof opposite)).toBe(isBorder);
      }
    }
  }
});
