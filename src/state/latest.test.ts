import { expect, test } from "vitest";

import { createLatest } from "./latest";

function setup() {
  const callbacks: (() => void)[] = [];
  const delivered: number[] = [];
  const push = createLatest<number>(
    (callback) => callbacks.push(callback),
    (value) => delivered.push(value),
  );
  return { push, delivered, frame: () => callbacks.splice(0).forEach((callback) => callback()) };
}

test("passes on only the newest value of a frame", () => {
  const { push, delivered, frame } = setup();
  push(1);
  push(2);
  expect(delivered).toEqual([]);
  frame();
  push(3);
  frame();
  expect(delivered).toEqual([2, 3]);
});
