import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

import { biasLens, dropFiles, tiny } from "./lensFiles";
import {
  cellNames,
  example,
  expect,
  open,
  openRecorded,
  otherCellNames,
  parts,
  test,
} from "./page";

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const lensFile = "Lens file";

test("a lens for another model is refused with both sizes, and what is in use stays", async ({
  loaded,
}) => {
  const { alert, status, lens } = parts(loaded);
  const before = await cellNames(loaded);
  await dropFiles(loaded, ...tiny.other);
  await expect(alert).toContainText("This lens is for another model.");
  await expect(alert).toContainText("3 layers of width 64; SmolLM2-135M-Instruct has 30 of 576");
  await expect(alert).toContainText("params.pt");
  await expect(alert.getByRole("button", { name: "Open other files…" })).toBeVisible();
  await expect(status).toContainText("Nothing was changed.");
  await expect(lens("Tuned")).toBeChecked();
  expect(await cellNames(loaded)).toEqual(before);
  await alert.getByRole("button", { name: "Dismiss" }).click();
  await expect(alert).toHaveCount(0);
});

test("a lens that is dropped is read with, one of several to choose from, and closes again", async ({
  page,
}) => {
  await open(page);
  const bundled = await cellNames(page);
  const chooser = page.getByRole("combobox", { name: lensFile });
  await expect(chooser).toHaveCount(0);

  await dropFiles(page, await biasLens("mine.safetensors", 0.5));
  await expect(chooser.locator("option:checked")).toContainText("mine");
  await expect(page.getByText(/the logit lens [\d,.]+/)).toBeVisible();
  const mine = await otherCellNames(page, bundled);

  await chooser.selectOption({ index: 0 });
  await expect.poll(() => cellNames(page)).toEqual(bundled);
  await chooser.selectOption({ index: 1 });
  await expect.poll(() => cellNames(page)).toEqual(mine);
  await page.getByRole("button", { name: "Close lens mine" }).click();
  await expect.poll(() => cellNames(page)).toEqual(bundled);
  await expect(chooser).toHaveCount(0);
});

test("a lens that is saved as a folder opens again as the same lens", async ({ page }) => {
  await open(page);
  const bundled = await cellNames(page);
  await dropFiles(page, await biasLens("mine.safetensors", 0.5));
  const mine = await otherCellNames(page, bundled);
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    (async () => {
      await parts(page).export.click();
      await page.getByRole("menuitem", { name: /^Lens folder/ }).click();
    })(),
  ]);
  expect(download.suggestedFilename()).toBe("mine.zip");
  const zip = readFileSync(await download.path());

  await page.goto("about:blank"); // not a reload: the address asks for the first file
  await open(page);
  await dropFiles(page, { name: "again.zip", bytes: zip });
  await expect(
    page.getByRole("combobox", { name: lensFile }).locator("option:checked"),
  ).toContainText("again");
  await expect.poll(() => cellNames(page)).toEqual(mine);
});

test("a link of a lens file asks for that file, refuses another, and reads with the right one", async ({
  page,
  browser,
  baseURL,
}) => {
  const mine = await biasLens("mine.safetensors", 0.5);
  const other = await biasLens("other.safetensors", 0.25);
  await open(page);
  const bundled = await cellNames(page);
  await dropFiles(page, mine);
  await expect.poll(() => new URL(page.url()).hash).toContain(`sha256=${sha256(mine.bytes)}`);
  const shown = await otherCellNames(page, bundled);

  const context = await browser.newContext({ baseURL, viewport: { width: 1440, height: 900 } });
  const second = await context.newPage();
  await second.goto(page.url());
  const asked = second.getByRole("region", { name: "Lens of this link" });
  await expect(asked).toContainText("mine");
  await expect(parts(second).status).toContainText("31 rows");
  await dropFiles(second, other);
  await expect(parts(second).alert).toContainText(sha256(mine.bytes));
  await expect(parts(second).alert).toContainText(sha256(other.bytes));
  await expect(parts(second).alert.getByRole("button", { name: "Keep this lens" })).toBeVisible();
  await dropFiles(second, mine);
  await expect(parts(second).alert).toHaveCount(0);
  await expect(asked).toHaveCount(0);
  await expect.poll(() => cellNames(second)).toEqual(shown);
  await context.close();
});

test("a link of a lens elsewhere fetches it only once it is told to", async ({ page }) => {
  const mine = await biasLens("mine.safetensors", 0.5);
  const url = "https://lenses.example/some/mine.safetensors";
  const fetched: string[] = [];
  await page.route("https://lenses.example/**", async (route) => {
    fetched.push(route.request().url());
    const headers = {
      "Access-Control-Allow-Origin": "*",
      "Cross-Origin-Resource-Policy": "cross-origin",
    };
    await route.fulfill({ body: Buffer.from(mine.bytes), headers });
  });
  const size = mine.bytes.length;
  const hash = `#v=1&file=mine&sha256=${sha256(mine.bytes)}&url=${encodeURIComponent(url)}&bytes=${size}`;
  await open(page, hash);
  const asked = page.getByRole("region", { name: "Lens of this link" });
  const fetchIt = asked.getByRole("button", { name: /^Fetch .* from lenses\.example$/ });
  await expect(fetchIt).toBeVisible();
  expect(fetched).toEqual([]);
  await fetchIt.click();
  await expect(asked).toHaveCount(0);
  await expect
    .poll(async () => (await page.evaluate(() => window.midthought.info())).lens?.name)
    .toBe("mine");
  expect(fetched).toEqual([url]);
  await expect.poll(() => new URL(page.url()).hash).toContain("url=");
});

test("a model of one's own opens without a tokenizer, its lenses too, and the page's own comes back", async ({
  page,
}) => {
  await open(page);
  const { prompt, read, status, lens, alert, cell } = parts(page);
  await dropFiles(page, ...tiny.model);
  await expect(prompt).toHaveAttribute("placeholder", /token ids/i);
  await expect(prompt).toHaveValue("");
  await lens("Tuned").click();
  await expect(alert).toContainText("No tuned lens is open.");
  await expect(lens("Logit")).toBeChecked();

  await prompt.fill("5 17 3 3 42");
  await read.click();
  await expect(status).toContainText("5 tokens, 4 rows");
  await dropFiles(page, ...tiny.lens);
  await expect(lens("Tuned")).toBeChecked();
  await dropFiles(page, ...tiny.jacobian);
  await expect(lens("Jacobian")).toBeChecked();
  await expect(cell('layer 0, after "#5": no lens here')).toBeVisible();
  await expect(cell(/^layer 2, after "#5": "#\d+"/)).toBeVisible();

  await prompt.fill("the capital");
  await expect(alert).toContainText("token ids");
  await page.getByRole("button", { name: "Back to SmolLM2-135M-Instruct" }).click();
  await expect(prompt).toHaveValue(example);
  await expect(status).toContainText("31 rows");
});

test("with no Jacobian lens open, choosing one says what to open, and the lens stays", async ({
  page,
}) => {
  await openRecorded(page);
  const { lens, alert } = parts(page);
  await lens("Jacobian").click();
  await expect(alert).toContainText("No Jacobian lens is open. Open its .pt file");
  await expect(lens("Tuned")).toBeChecked();
});

test("a hostile pickle is refused by the name of what it asks to run", async ({ loaded }) => {
  const bytes = readFileSync("src/format/fixtures/torch/hostile-system.pt");
  await dropFiles(loaded, { name: "params.pt", bytes });
  await expect(parts(loaded).alert).toContainText("system");
  await parts(loaded).alert.getByRole("button", { name: "Dismiss" }).click();
});
