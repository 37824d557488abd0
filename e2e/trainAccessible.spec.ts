import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import { expect } from "./page";
import { fill, idsText, openTrainTab, stepOf, test, trainParts, trainToTheEnd } from "./trainTab";

/** What axe finds, as one line each: all of it in the light theme, and what the dark one may change. */
async function violations(page: Page): Promise<string[]> {
  const lines: string[] = [];
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const axe = new AxeBuilder({ page });
    if (colorScheme === "dark") axe.withRules(["color-contrast", "link-in-text-block"]);
    for (const { id, nodes } of (await axe.analyze()).violations)
      lines.push(...nodes.map(({ target }) => `${colorScheme}, ${id}: ${target}`));
  }
  return lines;
}

/** Opens all that opens, which is not drawn before. */
async function openAll(page: Page) {
  await page
    .getByRole("tabpanel")
    .locator("details:not([open]) > summary")
    .evaluateAll((all) => {
      for (const summary of all) (summary as HTMLElement).click();
    });
}

/** The page is as wide as a phone of 390 px, and nothing reaches past its edge but what scrolls by itself. */
async function fitsAPhone(page: Page) {
  const { width, height } = page.viewportSize() ?? { width: 1440, height: 900 };
  await page.setViewportSize({ width: 390, height: 844 });
  const tooWide = () =>
    page.evaluate(() => {
      const isScrolled = (element: Element): boolean =>
        getComputedStyle(element).overflowX !== "visible" ||
        (element.parentElement !== document.body && isScrolled(element.parentElement ?? element));
      const elements = [...document.querySelectorAll("body *")].filter(
        (one) => one.getBoundingClientRect().right > innerWidth + 1 && !isScrolled(one),
      );
      const names = elements.map((one) => `${one.tagName} ${one.getAttribute("class")}`);
      return document.documentElement.scrollWidth > innerWidth ? ["the page", ...names] : names;
    });
  await expect.poll(tooWide, { timeout: 5000 }).toEqual([]); // charts are drawn anew a frame later
  await page.setViewportSize({ width, height });
}

test("axe finds nothing and nothing is wider than a phone: idle, running, paused, refused, done, evaluated", async ({
  page: tab,
}) => {
  const { train, pause, cancel, status, evaluation, alert, text: box } = trainParts(tab);
  await openTrainTab(tab);
  await openAll(tab);
  expect(await violations(tab)).toEqual([]);
  await fitsAPhone(tab);

  await fill(tab, 100_000);
  await train.click();
  await expect.poll(() => stepOf(tab)).toBeGreaterThan(0);
  expect(await violations(tab)).toEqual([]);
  await pause.click();
  await expect(status).toHaveText(/^Paused/);
  await fitsAPhone(tab);
  await cancel.click();
  await expect(status).toHaveText(/^Stopped/);

  await box.fill("5 17");
  await expect(alert("This text has 2 tokens")).toBeVisible();
  expect(await violations(tab)).toEqual([]);

  await fill(tab, 5, idsText(12));
  await trainToTheEnd(tab);
  await evaluation.getByRole("combobox", { name: "Layer transfer" }).selectOption({ index: 1 });
  await evaluation.getByRole("button", { name: "Evaluate" }).click();
  await expect(evaluation).toContainText("Of 128 held-out positions");
  await openAll(tab);
  expect(await violations(tab)).toEqual([]);
  await fitsAPhone(tab);
});

/** What has the focus, by its name. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const element = document.activeElement as HTMLInputElement | null;
    if (!element || element === document.body) return null;
    const { outlineStyle } = getComputedStyle(element);
    const label = element.labels?.[0]?.textContent ?? element.textContent;
    const name = (element.getAttribute("aria-label") ?? label ?? "").trim();
    return `${name}${outlineStyle === "none" ? " (no focus ring)" : ""}`;
  });

test("by the keyboard alone: the tab, a text, a training, its pause and its end", async ({
  tab: page,
}) => {
  const { tab, panel, status, progress } = trainParts(page);
  /** Presses Tab until that has the focus; nothing on the way is without a ring. */
  async function tabTo(name: string, key: "Tab" | "Shift+Tab" = "Tab") {
    for (let i = 0; i < 40; ++i) {
      await page.keyboard.press(key);
      const at = await focused(page);
      expect(at ?? "the end of the page").not.toMatch(/no focus ring/);
      if (at === name) return;
    }
    throw new Error(`Tab does not come to ${name}`);
  }
  await page.getByRole("link", { name: "Midthought" }).focus();
  await tabTo("Train");
  await page.keyboard.press("ArrowLeft");
  await expect(tab("Read")).toBeFocused();
  await expect(panel).toBeHidden();
  await page.keyboard.press("ArrowRight");
  await expect(tab("Train")).toBeFocused();
  await expect(panel).toBeVisible();

  await tabTo("Text to train on");
  await page.keyboard.press("Control+A");
  await page.keyboard.insertText(idsText(12));
  await tabTo("Method");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Control+A");
  await page.keyboard.type("100000");
  await tabTo("Train");
  await page.keyboard.press("Enter");
  await expect(status).toBeFocused();
  await expect(progress).toBeVisible();
  await expect.poll(() => stepOf(page)).toBeGreaterThan(0);
  await tabTo("Pause", "Shift+Tab");
  await page.keyboard.press("Space");
  await expect(status).toHaveText(/^Paused/);
  expect(await focused(page)).toBe("Continue");
  await page.keyboard.press("Space");
  await expect(status).toHaveText(/^Step/);
  await tabTo("Cancel");
  await page.keyboard.press("Enter");
  await expect(status).toHaveText(/^Stopped after /);
  await expect(status).toBeFocused();
});
