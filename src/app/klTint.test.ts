import { expect, test } from "vitest";

import { klTint } from "./klTint";

test("klTint reaches the scale's stops at 0, 1, 4, 9, 16 and 25 nats", () => {
  const colors = [0, 1, 4, 9, 16, 25].map((kl) => klTint(kl).backgroundColor);
  expect(colors).toEqual([
    "color-mix(in lab, var(--scale-0), var(--scale-1) 0%)",
    "color-mix(in lab, var(--scale-1), var(--scale-2) 0%)",
    "color-mix(in lab, var(--scale-2), var(--scale-3) 0%)",
    "color-mix(in lab, var(--scale-3), var(--scale-4) 0%)",
    "color-mix(in lab, var(--scale-4), var(--scale-5) 0%)",
    "color-mix(in lab, var(--scale-4), var(--scale-5) 100%)",
  ]);
});

test("klTint clamps past 25 nats", () => {
  expect(klTint(103.5)).toBe(klTint(25));
});
