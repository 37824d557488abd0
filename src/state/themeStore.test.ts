import { expect, test } from "vitest";

import { nextTheme, type Theme, type ThemeChoice } from "./themeStore";

test.each(["light", "dark"] as const)(
  "nextTheme turns a %s page to its opposite first",
  (system) => {
    const other = system === "light" ? "dark" : "light";
    expect(nextTheme(null, system)).toBe(other);
    expect(nextTheme(other, system)).toBe(system);
    expect(nextTheme(system, system)).toBeNull();
  },
);

test("nextTheme comes round all three choices, whatever the system's", () => {
  for (const system of ["light", "dark"] satisfies Theme[]) {
    const seen: ThemeChoice[] = [];
    let choice: ThemeChoice = null;
    for (let turn = 0; turn < 3; ++turn) {
      seen.push(choice);
      choice = nextTheme(choice, system);
    }
    expect(choice).toBeNull();
    expect(new Set(seen)).toEqual(new Set([null, "light", "dark"]));
  }
});
