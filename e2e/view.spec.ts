import { drawnCellNames, example, expect, open, openRecorded, parts, read, test } from "./page";

const long =
  "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of";

test.describe("a recorded reading", () => {
  test.beforeEach(({ page }) => openRecorded(page));

  test("opens on the last position, where the lens settles on the answer", async ({ page }) => {
    const { panel, status } = parts(page);
    await expect(panel).toContainText(/^Layer 24, after ␣of/);
    await expect(panel).toContainText("The model’s answer too, at 0.702.");
    await expect(status).toContainText("Meanwhile");
  });

  test("pointing shows a cell; a click pins it; Esc lets go", async ({ page }) => {
    const { cell, panel } = parts(page);
    await cell(/^layer 20, after " the": /).hover();
    await expect(panel).toContainText(/^Layer 20, after ␣the/);
    await expect(panel).toContainText("The model’s answer: ␣Champ");
    await expect(panel.getByRole("listitem").filter({ hasText: /0\.\d{3}$/ })).toHaveCount(10);
    await expect(panel).toContainText("KL(final ‖ logit)");
    await expect(panel).toContainText(/Rank of ␣city[\d,]+ of 49,152/);

    await cell(/^layer 20, after " the": /).click();
    await expect(panel.getByRole("button", { name: "Unpin" })).toBeVisible();
    await cell(/^layer 5, after " is": /).hover();
    await expect(panel).toContainText(/^Layer 20, after ␣the/);
    await page.keyboard.press("Escape");
    await cell(/^layer 6, after " is": /).hover();
    await expect(panel).toContainText(/^Layer 6, after ␣is/);
  });

  test("every statistic names itself in the cells, in nats or bits where it has a unit", async ({
    page,
  }) => {
    const { statistic, unit, cell } = parts(page);
    const name = (measure: string) =>
      cell(new RegExp(`^layer 7, after " city": ".*", probability 0\\.\\d\\d, ${measure}$`));
    await expect(name("KL [\\d.]+ nats")).toBeVisible();
    await unit("bits").check();
    await expect(name("KL [\\d.]+ bits")).toBeVisible();
    await statistic.selectOption({ label: "Entropy" });
    await expect(name("entropy [\\d.]+ bits")).toBeVisible();
    await statistic.selectOption({ label: "Cross entropy" });
    await expect(name("cross entropy [\\d.]+ bits")).toBeVisible();
    await expect(cell(/^layer 7, after " of": .*, cross entropy of no next token$/)).toBeVisible();
    await statistic.selectOption({ label: "Rank of next token" });
    await expect(name("rank [\\d,]+")).toBeVisible();
    await expect(unit("nats")).toBeDisabled();
    await statistic.selectOption({ label: "Max probability" });
    await expect(name("max probability [<\\d.]+")).toBeVisible();
  });

  test("a stride keeps the last layer and layer 0, says what it hides, and shows all again", async ({
    page,
  }) => {
    const { layers, panel, grid } = parts(page);
    await layers.selectOption({ label: "every 4th" });
    await expect(page.getByRole("rowheader")).toHaveText(
      ["output", "layer 29", "25", "21", "17", "13", "9", "5", "1", "0"], // in this order, and no other
    );
    await expect(
      page.getByText("21 layers are hidden: every 4th is drawn, and layer 0."),
    ).toBeVisible();
    await expect(panel).toContainText(/^Layer 25, after ␣of/);
    await expect(grid).toHaveAttribute("aria-rowcount", "32");
    await page.getByRole("button", { name: "Show all" }).click();
    await expect(page.getByRole("rowheader")).toHaveCount(31);
  });

  test("the table twin holds the same tokens and numbers", async ({ page }) => {
    await page.getByText("As a table").click();
    const table = page.getByRole("table");
    await expect(table.getByRole("row")).toHaveCount(32);
    await expect(table.getByRole("row", { name: /^output/ })).toContainText("␣Paris 0.00");
    const cell = await parts(page)
      .cell(/^layer 12, after " of": /)
      .getAttribute("aria-label");
    const kl = /KL ([\d.]+) nats/.exec(cell ?? "")?.[1] ?? "no KL";
    await expect(
      table
        .getByRole("row", { name: /^layer 12/ })
        .getByRole("cell")
        .last(),
    ).toContainText(kl);
  });

  test("the theme turns from the system's to its opposite, and is kept", async ({ page }) => {
    const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const cell = () =>
      parts(page)
        .cell(/^layer 0, after " Tower": /)
        .evaluate((element) => getComputedStyle(element).backgroundColor);
    const [light, lightCell] = [await paper(), await cell()];
    await page.getByRole("button", { name: "Theme: as the system" }).click();
    expect(await paper()).not.toBe(light);
    expect(await cell()).not.toBe(lightCell);
    await page.reload();
    await expect(page.getByRole("button", { name: "Theme: dark" })).toBeVisible();
    expect(await paper()).not.toBe(light);
  });
});

test("columns that overflow have a strip over them, and keys bring their cells", async ({
  loaded,
}) => {
  await read(loaded, long, 26);
  const { cell, panel, grid } = parts(loaded);
  await expect(loaded.locator(".overview")).toBeVisible();
  await expect(panel).toContainText(/after ␣of/);
  await expect(loaded.getByRole("columnheader").last()).toBeInViewport();
  await grid.locator('[tabindex="0"]').focus();
  await loaded.keyboard.press("Control+Home");
  await expect(cell(/^output, after "It": /)).toBeFocused();
  await expect(cell(/^output, after "It": /)).toBeInViewport();
  await loaded.keyboard.press("End");
  await expect(cell(/^output, after " of": .*/).last()).toBeFocused();
  await expect(cell(/^output, after " of": .*/).last()).toBeInViewport();
  await read(loaded, example, 10);
  await expect(loaded.locator(".overview")).toBeHidden();
});

test("the focus stays in a grid of many columns, wherever keys and scrolling go", async ({
  loaded,
}) => {
  await read(loaded, "one two three four five six seven eight ".repeat(16).trim(), 128);
  const { cell, panel, grid } = parts(loaded);
  await grid.locator('[tabindex="0"]').focus();
  await loaded.keyboard.press("Control+Home");
  await expect(cell(/^output, after "one": /)).toBeFocused();
  await loaded.keyboard.press("Control+End");
  await expect(cell(/^layer 0, after " eight": /).last()).toBeFocused();
  await expect(grid.locator('[tabindex="0"]')).toHaveCount(1);
  await expect(panel).toContainText(/^Layer 0, after ␣eight/);
  const there = await panel.locator(".where").innerText();
  await loaded.locator("#reading").evaluate((figure) => {
    figure.scrollLeft = 0;
  });
  await expect(loaded.getByRole("columnheader").nth(1)).toContainText("0");
  expect(await panel.locator(".where").innerText()).toBe(there);
});

test("a reading of many columns has those near the view in the page, and scrolls to the others", async ({
  loaded,
}) => {
  await read(loaded, "one two three four five six seven eight ".repeat(8).trim(), 64);
  const { grid } = parts(loaded);
  await expect(grid).toHaveAttribute("aria-colcount", "65");
  const nCells = (await drawnCellNames(loaded)).length;
  expect(nCells).toBeLessThan(64 * 31);
  expect(nCells % 31).toBe(0);
  await loaded.locator("#reading").evaluate((figure) => {
    figure.scrollLeft = 0;
  });
  await expect(parts(loaded).cell(/^layer 3, after "one": /)).toBeVisible();
});

test("both lenses and all views are there at once after a read; switching reads nothing anew", async ({
  page,
}) => {
  await open(page);
  const { lens, cell, panel, status } = parts(page);
  await expect(panel).toContainText("KL(final ‖ logit)");
  await expect(page.locator(".line-logit")).toHaveCount(1);
  const before = await status.innerText();
  await page.waitForTimeout(1500); // the logit lens's reading is whole by now
  const took = await page.evaluate(async () => {
    const radio = [...document.querySelectorAll<HTMLInputElement>('input[type="radio"]')][0];
    const name = () =>
      document.querySelector('[data-row="0"][data-position="9"]')?.getAttribute("aria-label");
    const tuned = name();
    radio.click();
    let frames = 0;
    while (name() === tuned && frames < 100) {
      await new Promise(requestAnimationFrame);
      frames++;
    }
    return frames;
  });
  expect(took).toBeLessThan(10);
  await expect(cell(/^layer 0, after "The": .*KL [1-9]\d[\d.]* nats$/)).toBeVisible();
  await lens("Tuned").check();
  await expect(status).toHaveText(before);
});
