import { expect, test } from "vitest";

import { DeviceLimitError } from "../errors";
import { gridFor } from "./dispatch";

const limits = { maxComputeWorkgroupsPerDimension: 65_535 };

test("gridFor() is one row as long as that is allowed", () => {
  expect(gridFor(1, limits)).toEqual([1, 1, 1]);
  expect(gridFor(65_535, limits)).toEqual([65_535, 1, 1]);
});

test.each([65_536, 70_001, 131_070, 10_000_001])(
  "gridFor(%i) covers it, and little more",
  (count) => {
    const [x, y, z] = gridFor(count, limits);
    expect(z).toBe(1);
    expect(x).toBeLessThanOrEqual(65_535);
    expect(x * y).toBeGreaterThanOrEqual(count);
    expect(x * y - count).toBeLessThan(y);
  },
);

test("gridFor() of more than two dimensions hold is a DeviceLimitError", () => {
  expect(() => gridFor(65_535 ** 2 + 1, limits)).toThrow(DeviceLimitError);
});
