import { readFileSync } from "node:fs";
import { test as base, type Download, type Page } from "@playwright/test";

import { dropFiles, type GivenFile, tiny } from "./lensFiles";
import { expect } from "./page";

/** The parts of the Train tab that a visitor finds by their names. */
export const trainParts = (page: Page) => ({
  tab: (name: "Read" | "Train") => page.getByRole("tab", { name }),
  panel: page.getByRole("tabpanel", { name: "Train" }),
  text: page.getByRole("textbox", { name: "Text to train on" }),
  textFrom: (name: "Paste" | "File") =>
    page.getByRole("radiogroup", { name: "Text" }).getByRole("radio", { name }),
  method: page.getByRole("combobox", { name: "Method" }),
  steps: page.getByRole("textbox", { name: "steps", exact: true }),
  more: page.getByText("More", { exact: true }),
  field: (name: string | RegExp) => page.getByRole("textbox", { name }),
  train: page.getByRole("button", { name: "Train", exact: true }),
  pause: page.getByRole("button", { name: "Pause" }),
  continue: page.getByRole("button", { name: "Continue" }),
  cancel: page
    .getByRole("form", { name: "Training" })
    .getByRole("button", { name: "Cancel", exact: true }),
  /** What the training is at, and what became of it. */
  status: page.locator(".run-status").getByRole("status"),
  progress: page.getByRole("progressbar", { name: "Training" }),
  saved: page.getByRole("region", { name: "A training that was cut off" }),
  receipt: page.getByRole("region", { name: /^Receipt/ }),
  evaluation: page.getByRole("region", { name: "Evaluate" }),
  /** Each part of the tab has its own, most of them empty. */
  alert: (words: string | RegExp) => page.getByRole("alert").filter({ hasText: words }),
});

/** Token ids of the tiny model, which has no tokenizer: as many sequences of its 128 positions. */
export function idsText(sequences: number): string {
  let state = 1;
  const ids = Array.from({ length: 128 * sequences }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * 199);
  });
  return ids.join(" ");
}

/** A text that a training of the tiny model takes seconds for. */
export const text = idsText(60);

/** Opens the page on its Train tab, with the tiny model in the place of the page's own. */
export async function openTrainTab(page: Page, model: readonly GivenFile[] = tiny.model) {
  await page.route(/\.part\d/, () => new Promise(() => {})); // the page's own is not waited for
  await page.goto("/?backend=wasm&tab=train");
  await expect(trainParts(page).text).toBeVisible(); // what is dropped sooner falls on nothing
  await dropModel(page, model);
}

export async function dropModel(page: Page, model: readonly GivenFile[]) {
  await dropFiles(page, ...model);
  await expect(page.getByRole("banner")).toContainText("llama, 3 layers of 64wasm");
}

/** Puts a text into the form, and so many steps of Adam from the closed form. */
export async function fill(page: Page, steps: number, given: string = text) {
  const parts = trainParts(page);
  await parts.textFrom("Paste").check();
  await parts.text.fill(given);
  await parts.steps.fill(String(steps));
}

/** Trains to the end, and says what the receipt has of held-out KL, in nats. */
export async function trainToTheEnd(page: Page) {
  await trainParts(page).train.click();
  await expect(trainParts(page).status).toHaveText(/^Trained in /);
  return receiptKl(page);
}

export async function receiptKl(page: Page) {
  const rows = await trainParts(page).receipt.innerText();
  const nats = (of: string) => Number(new RegExp(`${of} ([\\d.]+)`).exec(rows)?.[1]);
  return { logit: nats("logit lens"), closedForm: nats("closed form"), trained: nats("trained") };
}

/** The step that the page says a training is at; 0 before the first. */
export async function stepOf(page: Page): Promise<number> {
  const words = await trainParts(page).status.textContent();
  return Number(/step ([\d,]+) of/i.exec(words ?? "")?.[1].replace(",", "") ?? 0);
}

/** The sha256 of the lens that is read with. */
export const lensInUse = (page: Page) => page.evaluate(() => window.midthought.info().lens);

/** What a click saves. */
export async function saved(page: Page, click: () => Promise<void>) {
  const [download] = await Promise.all([page.waitForEvent("download"), click()]);
  return { name: download.suggestedFilename(), bytes: await bytesOf(download) };
}

const bytesOf = async (download: Download) => readFileSync(await download.path());

/** `tab` is one Train tab with the tiny model, for all tests of a file that do not mind what was there before. */
export const test = base.extend<object, { tab: Page }>({
  tab: [
    async ({ browser }, use, { project }) => {
      const { baseURL, viewport } = project.use;
      const context = await browser.newContext({ baseURL, viewport });
      const page = await context.newPage();
      await openTrainTab(page);
      await use(page);
      await context.close();
    },
    { scope: "worker" },
  ],
});
