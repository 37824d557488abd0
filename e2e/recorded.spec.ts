import type { Page } from "@playwright/test";

import { drawnCellNames, example, expect, openRecorded, parts, test } from "./page";

/** Requests for weights so far. */
function weightsOf(page: Page): string[] {
  const urls: string[] = [];
  page.on("request", (request) => {
    if (/\.part\d|\.safetensors/.test(request.url())) urls.push(request.url());
  });
  return urls;
}

test("a real reading is on screen before any weight is there", async ({ page }) => {
  await openRecorded(page);
  const { prompt, cell, status, grid } = parts(page);
  await expect(prompt).toHaveValue(example);
  await expect(
    cell(/^output, after " of": " Paris", probability 0\.7\d, KL 0\.00 nats$/),
  ).toBeVisible();
  await expect(grid).toHaveAttribute("aria-rowcount", "32");
  await expect(status).toContainText("Meanwhile, a recorded reading.");
});

test("recorded readings hold both lenses: the switch needs no model", async ({ page }) => {
  await openRecorded(page);
  const { lens, cell } = parts(page);
  const kl = async () => {
    const name = await cell(/^layer 0, after " Tower": /).getAttribute("aria-label");
    return Number(/KL ([\d.]+) nats/.exec(name ?? "")?.[1]);
  };
  const tuned = await kl();
  await lens("Logit").check();
  await expect.poll(kl).toBeGreaterThan(30);
  expect(tuned).toBeLessThan(10);
});

for (const name of ["a repetition", "an indirect object", "code", "a long sentence"]) {
  test(`the example “${name}” is drawn with no model`, async ({ page }) => {
    await openRecorded(page);
    const { status, prompt } = parts(page);
    await page.getByRole("link", { name, exact: true }).click();
    await expect(prompt).not.toHaveValue(example);
    await expect(page.getByRole("link", { name, exact: true })).toHaveAttribute("aria-current");
    await expect(status).toContainText("recorded reading");
    expect(await drawnCellNames(page)).not.toContainEqual(expect.stringContaining("not computed"));
    expect(new URL(page.url()).hash).toBe("");
    await expect.poll(() => new URL(page.url()).hash).toContain("#v=1&prompt=");
  });
}

test("nothing on the page moves while it is drawn and the recorded reading comes", async ({
  page,
}) => {
  await page.addInitScript(() => {
    Object.assign(window, { shifts: 0 });
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) {
        (window as never as { shifts: number }).shifts += (
          entry as never as { value: number }
        ).value;
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  await openRecorded(page);
  await expect(parts(page).status).toContainText("Meanwhile");
  await page.waitForTimeout(500);
  expect(await page.evaluate(() => (window as never as { shifts: number }).shifts)).toBeLessThan(
    0.01,
  );
});

test("elsewhere than on this machine, the model is not fetched before the prompt is touched", async ({
  page,
  baseURL,
}) => {
  const far = "http://midthought.test";
  await page.route(`${far}/**`, async (route) => {
    const url = route
      .request()
      .url()
      .replace(far, baseURL ?? "");
    await route.fulfill({ response: await route.fetch({ url }) });
  });
  const weights = weightsOf(page);
  await page.goto(`${far}/?backend=wasm`);
  const { status, cell, prompt } = parts(page);
  await expect(cell(/^output, after " of": " Paris"/)).toBeVisible();
  await expect(status).toContainText(
    "Recorded reading: the model is not loaded yet. Read loads it, 118 MB, once.",
  );
  await page.waitForTimeout(1000);
  expect(weights).toEqual([]);
  await prompt.click();
  await expect(status).toContainText("Loading SmolLM2-135M-Instruct");
  expect(weights.length).toBeGreaterThan(0);
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(cell(/^output, after " of": " Paris"/)).toBeVisible();
  await page.unrouteAll({ behavior: "ignoreErrors" });
});
