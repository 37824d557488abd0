import type { Page } from "@playwright/test";

import { type GivenFile, tiny } from "./lensFiles";
import { expect } from "./page";
import {
  dropModel,
  fill,
  lensInUse,
  openTrainTab,
  stepOf,
  test,
  trainParts,
  trainToTheEnd,
} from "./trainTab";

/** The tiny model with one weight another. */
function changedModel(): GivenFile[] {
  const [config, { name, bytes }] = tiny.model;
  const changed = Uint8Array.from(bytes);
  changed[changed.length - 2] ^= 1;
  return [config, { name, bytes: changed }];
}

/** As the page hashes a model: see `ModelInfo`. */
const modelSha256 = (page: Page) =>
  page.evaluate(() => window.midthought.info().model?.sha256 ?? "");

/** The whole of a lens: two of one sum are equal to the bit. */
const useAndSum = async (page: Page) => {
  const before = (await lensInUse(page))?.name;
  await trainParts(page).receipt.getByRole("button", { name: "Use this lens" }).click();
  await expect.poll(async () => (await lensInUse(page))?.name).not.toBe(before);
  await trainParts(page).tab("Train").click();
  return (await lensInUse(page))?.sha256;
};

test("a training that is paused goes on after a reload, on its own model only, to the lens of one that was not", async ({
  page,
}) => {
  await openTrainTab(page);
  const { train, pause, status, saved, continue: goOn, text } = trainParts(page);
  const ours = await modelSha256(page);
  await fill(page, 300);
  await train.click();
  await expect.poll(() => stepOf(page)).toBeGreaterThan(10);
  await pause.click();
  await expect(status).toHaveText(/^Paused at step \d+ of 300\. It is saved on this machine/);
  await expect(page).toHaveTitle("Paused · Midthought");
  await expect(goOn).toBeEnabled();
  const step = await stepOf(page);
  expect(step).toBeLessThan(300);

  await openTrainTab(page, changedModel());
  const theirs = await modelSha256(page);
  await expect(saved).toContainText(`was cut off at step ${step} of 300.`);
  await expect(saved).toContainText("It is of another model,");
  await expect(saved).toContainText(ours);
  await expect(saved).toContainText(theirs);
  await expect(saved.getByRole("button", { name: "Go on" })).toHaveCount(0);

  await dropModel(page, tiny.model);
  await expect.poll(() => modelSha256(page)).toBe(ours);
  await expect(saved).toContainText(
    /^A training of llama, 3 layers of 64 on pasted text, from .* was cut off at step/,
  );
  await saved.getByRole("button", { name: "Go on" }).click();
  await expect(status).toHaveText(/^Trained in /);
  await expect(saved).toHaveCount(0);
  await expect(text).toHaveValue("");
  const resumed = await useAndSum(page);
  expect(resumed).toMatch(/^[0-9a-f]{64}$/);

  await fill(page, 300);
  await trainToTheEnd(page);
  expect(await useAndSum(page)).toBe(resumed);
});

test("a second tab that would train is told of the first, and may once that is over", async ({
  page,
  context,
}) => {
  const second = await context.newPage();
  await Promise.all([openTrainTab(page), openTrainTab(second)]);
  await fill(page, 100_000);
  await fill(second, 5);
  await trainParts(page).train.click();
  await expect.poll(() => stepOf(page)).toBeGreaterThan(0);
  await trainParts(second).train.click();
  await expect(trainParts(second).alert("Another tab of this page is training.")).toBeVisible();
  await expect(trainParts(second).train).toBeEnabled();

  await trainParts(page).cancel.click();
  await expect(trainParts(page).status).toHaveText(/^Stopped after /);
  await trainToTheEnd(second);
});

test("a saved training that is discarded is not offered again", async ({ page }) => {
  await openTrainTab(page);
  await fill(page, 100_000);
  await trainParts(page).train.click();
  await expect.poll(() => stepOf(page)).toBeGreaterThan(0);
  await trainParts(page).pause.click();
  await expect(trainParts(page).status).toHaveText(/^Paused/);

  await openTrainTab(page);
  const { saved } = trainParts(page);
  await saved.getByRole("button", { name: "Discard" }).click();
  await expect(saved).toHaveCount(0);
  await openTrainTab(page);
  await trainParts(page).text.fill("1 2 3");
  await expect(trainParts(page).alert("This text has 3 tokens")).toBeVisible();
  await expect(saved).toHaveCount(0);
});
