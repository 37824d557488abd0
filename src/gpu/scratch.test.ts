import { afterAll, expect, test } from "vitest";

import { openDevice } from "./device";
import { createScratch } from "./scratch";

const { device } = await openDevice();
afterAll(() => device.destroy());

test("createScratch() makes a buffer a name, and a larger one only where it must", () => {
  const scratch = createScratch(device);
  const first = scratch.take("rows", [4, 5]);
  expect(scratch.take("rows", [2, 3])).toEqual({ buffer: first.buffer, shape: [2, 3] });
  expect(scratch.take("columns", [2, 3]).buffer).not.toBe(first.buffer);
  const larger = scratch.take("rows", [21]);
  expect(larger.buffer).not.toBe(first.buffer);
  expect(scratch.take("rows", [4, 5]).buffer).toBe(larger.buffer);
  scratch.dispose();
});
