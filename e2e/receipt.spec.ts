import { dropFiles, tiny } from "./lensFiles";
import { expect, open, parts } from "./page";
import { fill, idsText, openTrainTab, saved, test, trainParts, trainToTheEnd } from "./trainTab";

test("each lens that was trained has its receipt beside it on the Read tab", async ({ page }) => {
  await openTrainTab(page);
  const { method, receipt } = trainParts(page);
  await fill(page, 4, idsText(20));
  await trainToTheEnd(page);
  await method.selectOption("Muon");
  await trainToTheEnd(page);
  await receipt.getByRole("button", { name: "Use this lens" }).click();

  const button = page.getByRole("button", { name: /^Receipt of lens/ });
  const dialog = page.getByRole("dialog", { name: /^Receipt of lens/ });
  await expect(button).toHaveAccessibleName("Receipt of lens my text 2");
  await button.press("Enter");
  await expect(dialog).toContainText("Muon, 4 steps of 64");
  await page.keyboard.press("Escape");
  await expect(dialog).toHaveCount(0);
  await expect(button).toBeFocused();

  await page.getByLabel("Lens file").selectOption("my text");
  await expect(button).toHaveAccessibleName("Receipt of lens my text");
  await button.click();
  await expect(dialog).toContainText("Adam, 4 steps of 64");
  await expect(dialog).toContainText("in sequences of 128");
  await page.keyboard.press("Escape");

  await dropFiles(page, ...tiny.lens); // made with Python
  await expect(page.getByRole("button", { name: /^Close lens (?!my text)/ })).toBeVisible();
  await expect(button).toHaveCount(0);
  await expect(parts(page).lens("Tuned")).toBeChecked();

  await trainParts(page).tab("Train").click();
  const zip = await saved(page, async () => {
    await receipt.getByRole("button", { name: "Save…" }).click();
    await page.getByRole("menuitem", { name: /^Lens folder/ }).click();
  });
  await openTrainTab(page);
  await trainParts(page).tab("Read").click();
  await dropFiles(page, { name: "again.zip", bytes: zip.bytes });
  await expect(button).toHaveAccessibleName("Receipt of lens again");
  await button.click();
  await expect(dialog).toContainText("Muon, 4 steps of 64");
  await expect(dialog).toContainText("As the receipt that was saved with the lens says it.");
});

test("the bundled lens has its receipt too", async ({ page }) => {
  await open(page);
  await page.getByRole("button", { name: "Receipt of lens trained, sampled text" }).click();
  const dialog = page.getByRole("dialog", { name: /^Receipt of lens/ });
  await expect(dialog).toContainText("sampled from the model, 155,751 characters");
  await expect(dialog).toContainText("4,224 held out");
  await expect(dialog).not.toContainText("saved with the lens");

  await page.setViewportSize({ width: 390, height: 844 });
  await dialog.getByText("Numbers by layer").click();
  const table = dialog.getByRole("region", { name: "Numbers by layer" });
  await expect(table.getByRole("row")).toHaveCount(31);
  const rows = (await table.getByRole("row").allInnerTexts()).map((row) => row.split("\t"));
  expect(rows[0]).toEqual(["layer", "logit lens", "closed form", "trained"]);
  const kl = rows.slice(1).map((row) => row.map(Number));
  expect(kl.map(([layer]) => layer)).toEqual(Array.from({ length: 30 }, (_, layer) => layer));
  for (const [, logit, began, trained] of kl) {
    expect(began).toBeLessThan(logit);
    expect(trained).toBeLessThan(began);
  }
  await table.getByRole("row").last().scrollIntoViewIfNeeded();
  await expect(table.getByRole("row").last()).toBeInViewport();
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390);
});
