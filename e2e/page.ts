import { test as base, expect, type Page } from "@playwright/test";

export const example = "The Eiffel Tower is located in the city of";

/** The parts of the page that a visitor finds by their names. */
export const parts = (page: Page) => ({
  prompt: page.getByRole("textbox", { name: "Prompt" }),
  read: page.getByRole("button", { name: "Read", exact: true }),
  lens: (name: "Logit" | "Tuned" | "Jacobian") =>
    page.getByRole("radiogroup", { name: "Lens" }).getByRole("radio", { name }),
  statistic: page.getByRole("combobox", { name: "Statistic" }),
  unit: (name: "nats" | "bits") =>
    page.getByRole("radiogroup", { name: "Unit" }).getByRole("radio", { name }),
  layers: page.getByRole("combobox", { name: "Layers" }),
  share: page.getByRole("button", { name: "Share" }),
  export: page.getByRole("button", { name: "Export" }),
  panel: page.getByRole("region", { name: "Cell" }),
  status: page.getByRole("status"),
  alert: page.getByRole("alert"),
  grid: page.getByRole("grid", { name: "Lens reading" }),
  cell: (name: string | RegExp) => page.getByRole("gridcell", { name }),
});

/** A reading is whole when its sentence ends with how long it took. */
export const wholeReading = /tokens?, 31 rows, [\d.]+ s\.\s*$/;

/** Opens the page on wasm and waits until it has read its example, or what the hash says. */
export async function open(page: Page, hash = "") {
  await page.goto(`/?backend=wasm${hash}`);
  await expect(parts(page).status).toHaveText(wholeReading);
}

/** Opens the page with its model out of reach: what is on screen then was recorded. */
export async function openRecorded(page: Page, hash = "") {
  await page.route(/\.part\d|\.safetensors/, () => new Promise(() => {}));
  await page.goto(`/?backend=wasm${hash}`);
  await expect(parts(page).grid).toBeVisible();
}

/** The names of all cells in the page, top to bottom. */
export const cellNames = (page: Page) =>
  page
    .getByRole("gridcell")
    .evaluateAll((cells) => cells.map((cell) => cell.getAttribute("aria-label") ?? ""));

/** The names of all cells once they are other than these and all of them are drawn. */
export async function otherCellNames(page: Page, than: readonly string[]): Promise<string[]> {
  await expect.poll(() => cellNames(page)).not.toEqual(than);
  return drawnCellNames(page);
}

/** The names of all cells once none of them is to be drawn anew: a frame draws only some. */
export async function drawnCellNames(page: Page): Promise<string[]> {
  await expect(parts(page).grid).toHaveAttribute("aria-busy", "false");
  return cellNames(page);
}

/** Drops a file on the window. */
export const drop = (page: Page, name: string, text: string) =>
  page.evaluate(
    ([name, text]) => {
      const dataTransfer = new DataTransfer();
      dataTransfer.items.add(new File([text], name));
      dispatchEvent(new DragEvent("drop", { dataTransfer, bubbles: true, cancelable: true }));
    },
    [name, text],
  );

/** Types a prompt, presses Read and waits for the whole reading. */
export async function read(page: Page, prompt: string, nTokens: number) {
  await parts(page).prompt.fill(prompt);
  await parts(page).read.click();
  await expect(parts(page).status).toHaveText(new RegExp(`\\D${nTokens} tokens?, 31 rows`));
}

/** `loaded` is one page for all tests of a file that do not mind what the last one read. */
export const test = base.extend<object, { loaded: Page }>({
  loaded: [
    async ({ browser }, use, { project }) => {
      const { baseURL, viewport } = project.use;
      const context = await browser.newContext({ baseURL, viewport });
      const page = await context.newPage();
      await open(page);
      await use(page);
      await context.close();
    },
    { scope: "worker" },
  ],
});

export { expect };
