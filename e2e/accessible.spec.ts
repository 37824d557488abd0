import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import { drop, example, expect, openRecorded, parts, read, test } from "./page";

/** What axe finds (WCAG A and AA, and best practice), as one line each. */
async function violations(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target}`));
}

for (const colorScheme of ["light", "dark"] as const) {
  test.describe(`axe finds nothing in ${colorScheme}`, () => {
    test.use({ colorScheme });

    test("on a recorded reading, while the model loads, with a pin, a menu, a table, a refusal", async ({
      page,
    }) => {
      await openRecorded(page);
      const { export: menu, lens, layers, panel, statistic } = parts(page);
      expect(await violations(page)).toEqual([]);
      await panel.getByRole("button", { name: "Pin" }).click();
      await lens("Logit").check();
      await layers.selectOption({ label: "every 4th" });
      await statistic.selectOption({ label: "Rank of next token" });
      await page.getByText("As a table").click();
      expect(await violations(page)).toEqual([]);
      await page.getByRole("button", { name: "Cancel" }).click();
      await drop(page, "x.json", "{}");
      await expect(parts(page).alert).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await menu.click();
      await expect(page.getByRole("menuitem")).toBeVisible();
      expect(await violations(page)).toEqual([]);
    });

    test("on a phone, with its sheet closed and open", async ({ browser, baseURL }) => {
      const context = await browser.newContext({
        baseURL,
        viewport: { width: 390, height: 844 },
        hasTouch: true,
        isMobile: true,
        colorScheme,
      });
      const page = await context.newPage();
      await openRecorded(page);
      expect(await violations(page)).toEqual([]);
      await page.getByRole("button", { name: "More about this cell" }).click();
      await expect(page.getByRole("heading", { name: /Ten likeliest/ })).toBeVisible();
      expect(await violations(page)).toEqual([]);
      await context.close();
    });
  });
}

test("axe finds nothing on a reading of this machine's", async ({ loaded }) => {
  await read(loaded, example, 10);
  expect(await violations(loaded)).toEqual([]);
});

test("everything is reached by the keyboard, in the order that it is read", async ({ page }) => {
  await openRecorded(page);
  // The load begins a moment after its recorded reading is there: until then nothing is to be cancelled.
  await expect(page.getByRole("button", { name: "Cancel" })).toBeVisible();
  await expect(parts(page).grid).toHaveAttribute("aria-busy", "false");
  const stops: string[] = [];
  for (let i = 0; i < 40; ++i) {
    await page.keyboard.press("Tab");
    const stop = await page.evaluate(() => {
      const element = document.activeElement as HTMLInputElement | null;
      if (!element || element === document.body) return null;
      const { outlineStyle } = getComputedStyle(element);
      const name =
        element.getAttribute("aria-label") ??
        element.labels?.[0]?.textContent ??
        element.textContent ??
        "";
      return `${name.trim().slice(0, 24)}${outlineStyle === "none" ? " (no focus ring)" : ""}`;
    });
    if (stop === null) break;
    stops.push(stop);
  }
  expect(stops).toEqual([
    "Skip to the reading",
    "Midthought",
    "Read",
    "Theme: as the system",
    "Prompt",
    "a fact",
    "a repetition",
    "an indirect object",
    "code",
    "a long sentence",
    "Open files…",
    "Share",
    "Export",
    "Cancel",
    "Tuned",
    "Statistic",
    "nats",
    "Layers",
    'layer 24, after " of": "',
    "Pin",
    "As a table",
  ]);
});

test("Enter goes from a cell to what it holds, Esc comes back, p pins", async ({ page }) => {
  await openRecorded(page);
  const { grid, panel, cell } = parts(page);
  await grid.locator('[tabindex="0"]').focus();
  await page.keyboard.press("ArrowUp");
  await expect(cell(/^layer 25, after " of": /)).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(panel).toBeFocused();
  await expect(panel).toContainText(/^Layer 25/);
  await page.keyboard.press("Escape");
  await expect(cell(/^layer 25, after " of": /)).toBeFocused();
  await page.keyboard.press("p");
  await expect(panel.getByRole("button", { name: "Unpin" })).toBeVisible();
  await expect(cell(/^layer 25, after " of": /)).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("ArrowLeft");
  await expect(panel).toContainText(/^Layer 25, after ␣city/);
  await page.keyboard.press("Escape");
  await expect(panel.getByRole("button", { name: "Pin" })).toBeVisible();
});

/** Whether a focused cell can be seen: nothing lies over its middle. */
const isCovered = (page: Page) =>
  page.evaluate(() => {
    const cell = document.activeElement;
    if (!cell) return "nothing has the focus";
    const { left, top, width, height } = cell.getBoundingClientRect();
    const seen = document.elementFromPoint(left + width / 2, top + height / 2);
    return cell.contains(seen) ? null : `under ${seen?.className || seen?.tagName || "the edge"}`;
  });

for (const viewport of [
  { width: 1440, height: 900 },
  { width: 1000, height: 700 },
  { width: 390, height: 844 },
]) {
  test(`no focused cell lies under a header, the profile or the sheet at ${viewport.width} px`, async ({
    page,
  }) => {
    await page.setViewportSize(viewport);
    await openRecorded(page);
    await page.getByRole("link", { name: "a long sentence" }).click();
    await expect(parts(page).grid).toHaveAttribute("aria-colcount", "15");
    await parts(page).grid.locator('[tabindex="0"]').focus();
    for (const key of [
      "Control+Home",
      ...Array(13).fill("ArrowRight"),
      "Control+End",
      ...Array(12).fill("ArrowUp"),
      "Home",
      ...Array(18).fill("ArrowUp"),
      "End",
    ]) {
      await page.keyboard.press(key);
      expect(await isCovered(page), `after ${key}`).toBeNull();
    }
  });
}
