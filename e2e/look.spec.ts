import type { Page } from "@playwright/test";

import { example, expect, open, parts, read, test } from "./page";

/** The lowest contrast of text on its own background over all cells. */
const lowestContrast = (page: Page) =>
  page.evaluate(() => {
    const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
    const luminance = (color: string) => {
      if (!canvas) return Number.NaN;
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
      const [r, g, b] = Array.from(canvas.getImageData(0, 0, 1, 1).data, (byte) => {
        const v = byte / 255;
        return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const cells = Array.from(document.querySelectorAll('[role="gridcell"]'), (cell) => {
      const { color, backgroundColor } = getComputedStyle(cell);
      const [a, b] = [luminance(color), luminance(backgroundColor)];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    });
    return Math.min(...cells);
  });

test("text in cells keeps 4.5:1 in both themes", async ({ loaded }) => {
  await read(loaded, example, 10);
  for (const lens of ["Logit", "Tuned"] as const) {
    await parts(loaded).lens(lens).check();
    await expect(parts(loaded).status).toContainText(`the ${lens.toLowerCase()} lens`);
    for (const colorScheme of ["light", "dark"] as const) {
      await loaded.emulateMedia({ colorScheme });
      expect(await lowestContrast(loaded)).toBeGreaterThanOrEqual(4.5);
    }
  }
  await loaded.emulateMedia({ colorScheme: null });
});

test("on a phone the table scrolls in its own box and the page does not go sideways", async ({
  browser,
  baseURL,
}) => {
  const page = await browser.newPage({
    baseURL,
    viewport: { width: 390, height: 844 },
    hasTouch: true,
    isMobile: true,
  });
  await open(page);
  const { scrollWidth, figure } = await page.evaluate(() => {
    const box = document.getElementById("reading");
    return {
      scrollWidth: document.documentElement.scrollWidth,
      figure: { width: box?.clientWidth ?? 0, scrollWidth: box?.scrollWidth ?? 0 },
    };
  });
  expect(scrollWidth).toBe(390);
  expect(figure.scrollWidth).toBeGreaterThan(figure.width);
  await page.getByRole("rowheader", { name: "output" }).scrollIntoViewIfNeeded();
  await parts(page)
    .cell(/^output, after " of": /)
    .focus();
  await expect(page.getByRole("rowheader", { name: "output" })).toBeInViewport();
  await page.close();
});
