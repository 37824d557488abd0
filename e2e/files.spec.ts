import { readFileSync } from "node:fs";

import { drawnCellNames, drop, example, expect, openRecorded, parts, read, test } from "./page";

const wordsAndKl = (names: readonly string[]) =>
  names.map((name) => ({
    words: name.replace(/KL [\d.]+/, "KL"),
    kl: Number(/KL ([\d.]+)/.exec(name)?.[1]),
  }));

test("Export saves the lens in use and the logit lens; dropping the file draws both with no model", async ({
  loaded,
  page,
}) => {
  await read(loaded, "The capital of France is", 5);
  await parts(loaded).export.click();
  const [download] = await Promise.all([
    loaded.waitForEvent("download"),
    loaded.getByRole("menuitem", { name: /^JSON/ }).click(),
  ]);
  expect(download.suggestedFilename()).toBe("midthought-the-capital-of-france-is.json");
  const text = readFileSync(await download.path(), "utf8");
  const readings = JSON.parse(text);
  expect(readings).toHaveLength(2);
  expect(readings.map(({ format }: { format: string }) => format)).toEqual([
    "midthought-reading/1",
    "midthought-reading/1",
  ]);
  expect(readings.map(({ lens }: { lens: { kind: string } }) => lens.kind)).toEqual([
    "tuned",
    "logit",
  ]);

  await openRecorded(page);
  await drop(page, "reading.json", text);
  const { prompt, grid, lens, status } = parts(page);
  await expect(grid).toHaveAttribute("aria-colcount", "6");
  await expect(prompt).toHaveValue("The capital of France is");
  // The file's five digits, rounded once more to two decimals, may end one higher or lower.
  const [drawn, before] = [await drawnCellNames(page), await drawnCellNames(loaded)].map(
    wordsAndKl,
  );
  expect(drawn.map(({ words }) => words)).toEqual(before.map(({ words }) => words));
  for (const [i, { kl }] of drawn.entries())
    expect(Math.abs(kl - before[i].kl)).toBeLessThan(0.011);
  await lens("Logit").check();
  await expect(status).toContainText("Loading");
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(grid).toHaveAttribute("aria-colcount", "6");
  await read(loaded, example, 10);
});

test("the button opens a file as dropping does", async ({ page }) => {
  await openRecorded(page);
  await page.getByRole("button", { name: "Cancel" }).click();
  const [{ tokens, ...reading }] = JSON.parse(readFileSync("public/recorded/fact.json", "utf8"));
  const [chooser] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.getByRole("button", { name: "Open files…" }).click(),
  ]);
  await chooser.setFiles({
    name: "one.json",
    mimeType: "application/json",
    buffer: Buffer.from(JSON.stringify({ ...reading, tokens, prompt: "Another prompt" })),
  });
  await expect(parts(page).prompt).toHaveValue("Another prompt");
  await expect(page.getByText("from a file")).toBeVisible();
});

for (const [what, text, says] of [
  ["that is not JSON", "[no", "not JSON"],
  ["of another format", '{"format":"midthought-reading/2"}', "midthought-reading/2"],
  ["that is cut short", readFileSync("public/recorded/fact.json", "utf8").slice(0, 9999), "JSON"],
] as const) {
  test(`a file ${what} is refused in a sentence, and what is on screen stays`, async ({ page }) => {
    await openRecorded(page);
    await page.getByRole("button", { name: "Cancel" }).click();
    await drop(page, "reading.json", text);
    const { alert, cell, status } = parts(page);
    await expect(alert).toContainText(says);
    await expect(alert.getByRole("button", { name: "Open other files…" })).toBeVisible();
    await expect(status).toContainText("Nothing was changed.");
    await expect(cell(/^output, after " of": " Paris"/)).toBeVisible();
    await alert.getByRole("button", { name: "Dismiss" }).click();
    await expect(alert).toHaveCount(0);
  });
}
