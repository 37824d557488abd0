import { readFileSync } from "node:fs";
import { AxeBuilder } from "@axe-core/playwright";
import type { Page } from "@playwright/test";

import { drop, expect, openRecorded, parts, test } from "./page";

/** Layers that the Jacobian lens of the file lacks: the first, two side by side, and one among others. */
const lacking = [0, 12, 13, 26];

/** The recorded reading, as one of a Jacobian lens that has no such layers. */
function fileWithout(layers: readonly number[]): string {
  const [tuned, logit] = JSON.parse(readFileSync("public/recorded/fact.json", "utf8"));
  tuned.lens = { kind: "jacobian", name: "fitted", sha256: "ef" };
  for (const layer of layers) {
    const row = tuned.rows.indexOf(layer);
    for (const table of Object.values<unknown[]>(tuned.statistics))
      table[row] = tuned.tokens.map(() => null);
    tuned.topK[row] = tuned.tokens.map(() => []);
  }
  return JSON.stringify([tuned, logit]);
}

/** Opens the page with such a file on screen. */
async function openWithout(page: Page, layers: readonly number[] = lacking) {
  await openRecorded(page);
  await drop(page, "fitted.json", fileWithout(layers));
  await expect(parts(page).cell('layer 0, after " of": no lens here')).toBeAttached();
}

const row = (page: Page, layer: number) =>
  page
    .getByRole("row")
    .filter({ has: page.getByRole("rowheader", { name: `layer ${layer}`, exact: true }) });

/** The shoreline of a cell, by edge. */
const shore = (page: Page, layer: number, token: string) =>
  row(page, layer)
    .getByRole("gridcell", { name: `after "${token}": ` })
    .getAttribute("data-shore");

test("a layer that the lens lacks is a row of empty cells that say so", async ({ page }) => {
  await openWithout(page);
  await expect(parts(page).cell(/: no lens here$/)).toHaveCount(lacking.length * 10);
  await expect(page.locator(".is-waiting")).toHaveCount(0); // nothing is to come there
  await expect(page.getByRole("rowheader")).toHaveCount(31);
  for (const layer of lacking) {
    await expect(row(page, layer)).toHaveText(/no lens here$/);
    const cells = row(page, layer).getByRole("gridcell");
    const looks = await cells.evaluateAll((cells) =>
      cells.map((cell) => [
        cell.textContent,
        getComputedStyle(cell).backgroundColor,
        getComputedStyle(cell).boxShadow,
      ]),
    );
    expect(looks).toEqual(Array(10).fill(["", "rgba(0, 0, 0, 0)", "none"]));
  }
  await expect(row(page, 25)).not.toContainText("no lens here");
  // Of " is" all layers say what the model says: the region ends at the rows without a lens.
  expect(await shore(page, 27, " is")).toContain("b");
  expect(await shore(page, 25, " is")).toContain("t");
  expect(await shore(page, 24, " is")).not.toMatch(/[tb]/);
});

test("the arrow keys go through such a row, and its cell says what the lens lacks and the model says", async ({
  page,
}) => {
  await openWithout(page);
  const { panel } = parts(page);
  await expect(panel).toContainText(/^Layer 24, after ␣of/);
  await row(page, 27).getByRole("gridcell", { name: 'after " of"' }).focus();
  const heading = panel.getByRole("heading", { name: /likeliest/ });
  await expect(heading).toBeVisible();
  await page.keyboard.press("ArrowDown");
  await expect(parts(page).cell('layer 26, after " of": no lens here')).toBeFocused();
  await expect(panel).toContainText(
    "Layer 26, after ␣ofPinNo lens here: this Jacobian lens has no layer 26.The model’s answer: ␣Paris, at 0.702.",
  );
  await expect(heading).toHaveCount(0);
  await expect(panel.locator("dt")).toHaveText(["KL(final ‖ logit)"]);
  await expect(panel.locator("dd")).toHaveText(/ nats$/);
  await page.keyboard.press("ArrowDown");
  await expect(parts(page).cell(/^layer 25, after " of": " Paris"/)).toBeFocused();
  await expect(panel.locator("dt").first()).toHaveText("KL(final ‖ Jacobian)");
});

test("the profile has a gap in such a row, and a dot where a layer is alone between two", async ({
  page,
}) => {
  await openWithout(page, [0, 12, 14, 26]);
  // Every segment of the curve, as the rows that it joins: 24 px each, 6 more under the output.
  const path = page.locator(".profile .line-lens");
  const joined = await path.evaluate((path) =>
    (path.getAttribute("d") ?? "")
      .split("M")
      .slice(1)
      .map((segment) => segment.match(/,([\d.]+)/g)?.map((y) => Number(y.slice(1))) ?? []),
  );
  const middle = (layer: number) => (30 - layer) * 24 + 6 + 12;
  const touched = new Set(joined.flat());
  for (const layer of [0, 12, 14, 26]) expect(touched).not.toContain(middle(layer));
  for (const [top, bottom] of joined) expect(bottom - top).toBeLessThanOrEqual(30);
  expect(touched).toContain(middle(27));
  expect(touched).toContain(middle(25));
  const dots = await page.locator(".profile .points-lens").getAttribute("d");
  expect(dots).toContain(`,${middle(13)}a`);
  expect(dots?.match(/a2,2/g)).toHaveLength(2); // one circle is two arcs
});

test("the table says so too, and axe finds nothing", async ({ page }) => {
  await openWithout(page);
  await page.getByText("As a table").click();
  const table = page.getByRole("table");
  await expect(table.getByRole("row")).toHaveCount(32);
  for (const layer of lacking) {
    const cells = table.getByRole("row", { name: `layer ${layer} no lens here` }).getByRole("cell");
    await expect(cells).toHaveCount(1);
    await expect(cells).toHaveAttribute("colspan", "10");
  }
  await row(page, 26).getByRole("gridcell").first().focus();
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.map(({ id }) => id)).toEqual([]);
  }
});

test("a row without a lens keeps its words in view while one scrolls sideways", async ({
  page,
}) => {
  await page.setViewportSize({ width: 390, height: 844 });
  await openWithout(page);
  const words = row(page, 26).getByText("no lens here");
  const left = async () => (await words.boundingBox())?.x;
  const before = await left();
  await page.locator(".figure").evaluate((figure) => {
    figure.scrollLeft = 180;
  });
  await expect(row(page, 26).getByRole("gridcell").first()).not.toBeInViewport();
  expect(await left()).toBe(before);
  await expect(words).toBeInViewport();
});
