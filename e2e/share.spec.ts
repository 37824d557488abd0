import { deflateRawSync } from "node:zlib";

import { drawnCellNames, example, expect, open, openRecorded, parts, read, test } from "./page";

test("the address says what is on screen, and a second page shows the same", async ({
  browser,
  baseURL,
}) => {
  const context = await browser.newContext({
    baseURL,
    viewport: { width: 1440, height: 900 },
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  await open(page);
  await expect.poll(() => new URL(page.url()).hash).toBe("");

  await read(page, "The capital of France is\n\tcalled “Paris” &c.", 14);
  const { lens, statistic, unit, layers, cell, share, status, panel } = parts(page);
  await lens("Logit").check();
  await statistic.selectOption({ label: "Cross entropy" });
  await unit("bits").check();
  await layers.selectOption({ label: "every 2nd" });
  await cell(/^layer 21, after " France": /).click();
  await share.click();
  await expect(status).toContainText("Link copied.");
  const link = await page.evaluate(() => navigator.clipboard.readText());
  expect(new URL(link).hash).toMatch(/^#v=1&prompt=/);
  await expect.poll(() => page.url()).toBe(link);

  const second = await context.newPage();
  await second.goto(link);
  await expect(parts(second).status).toHaveText(/14 tokens, 31 rows, [\d.]+ s\.\s*$/);
  await expect(parts(second).prompt).toHaveValue("The capital of France is\n\tcalled “Paris” &c.");
  await expect(parts(second).lens("Logit")).toBeChecked();
  await expect(parts(second).unit("bits")).toBeChecked();
  await expect(parts(second).statistic).toHaveValue("crossEntropy");
  await expect(parts(second).panel).toContainText(/^Layer 21, after ␣France/);
  await expect(parts(second).panel.getByRole("button", { name: "Unpin" })).toBeVisible();
  expect(await drawnCellNames(second)).toEqual(await drawnCellNames(page));
  await expect.poll(() => parts(second).panel.innerText()).toBe(await panel.innerText());
  await context.close();
});

test("a long prompt's link is compressed and opens again", async ({ page }) => {
  const prompt = "All work and no play makes Jack a dull boy. ".repeat(30).trim();
  await openRecorded(page);
  await parts(page).prompt.fill(prompt);
  await expect.poll(() => new URL(page.url()).hash).toContain("promptz=");
  expect(page.url().length).toBeLessThan(400);
  await page.reload();
  await expect(parts(page).prompt).toHaveValue(prompt);
});

test("another link in the same page is followed", async ({ page }) => {
  await openRecorded(page);
  await page.evaluate(() => {
    location.hash =
      "#v=1&lens=logit&prompt=When%20Mary%20and%20John%20went%20to%20the%20store%2C%20John%20gave%20a%20drink%20to";
  });
  await expect(
    parts(page)
      .cell(/^output, after " to": " Mary"/)
      .last(),
  ).toBeVisible();
  await expect(parts(page).lens("Logit")).toBeChecked();
});

test("the skip link leads to the reading and leaves the address", async ({ page }) => {
  await openRecorded(page, "#v=1&unit=bits");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "Skip to the reading" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.locator("#reading")).toBeFocused();
  await expect.poll(() => new URL(page.url()).hash).toBe("#v=1&unit=bits");
  await expect(parts(page).unit("bits")).toBeChecked();
});

const base64url = (bytes: Buffer) => bytes.toString("base64url");
const markup = "<img src=x onerror=alert(1)><script>alert(2)</script>";

const hostile: readonly (readonly [what: string, hash: string])[] = [
  ["of 2 MB", `#v=1&prompt=${"a".repeat(2_000_000)}`],
  ["with broken percent-encoding", "#v=1&prompt=%E0%A4%A&unit=%"],
  ["with lone surrogates", "#v=1&prompt=%ED%A0%80abc"],
  ["of an unknown version", "#v=99&prompt=hello"],
  ["with prototype keys", "#v=1&__proto__=x&constructor=y&unit=toString"],
  ["with NaN and huge indices", "#v=1&cell=NaN.1e999&layers=-3"],
  ["with an index past the reading", "#v=1&cell=29.99999"],
  ["that is a decompression bomb", `#v=1&promptz=${base64url(deflateRawSync(Buffer.alloc(5e8)))}`],
  ["of a lens that the page has not", "#v=1&lens=jacobian"],
  ["with garbage for a compressed prompt", "#v=1&promptz=AAAA____----"],
  ["that is no link of ours", "#access_token=abc&next=//evil.test"],
];
for (const [what, hash] of hostile) {
  test(`a link ${what} does nothing but say so, opened and followed`, async ({ page, baseURL }) => {
    const errors: string[] = [];
    const elsewhere: string[] = [];
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("dialog", (dialog) => errors.push(`dialog: ${dialog.message()}`));
    page.on("request", (request) => {
      if (!/^(data|blob):/.test(request.url()) && !request.url().startsWith(`${baseURL}/`)) {
        elsewhere.push(request.url());
      }
    });
    const notice = page.locator(".notice");
    await openRecorded(page, hash);
    await expect(notice).toHaveText(/link/i);
    await openRecorded(page);
    await expect(notice).toHaveText("");
    await page.evaluate((hash) => {
      location.hash = hash;
    }, hash);
    await expect(notice).toHaveText(/link/i);
    expect(await page.evaluate(() => Object.keys(Object.prototype))).toEqual([]);
    expect(errors).toEqual([]);
    expect(elsewhere).toEqual([]);
  });
}

test("markup, bidi and control characters of a link's prompt are text", async ({ page }) => {
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("dialog", (dialog) => errors.push(dialog.message()));
  const prompt = `${markup}\u202E\u0007`;
  await open(page, `#v=1&prompt=${encodeURIComponent(prompt)}`);
  await expect(parts(page).prompt).toHaveValue(prompt);
  await expect(page.locator("main img, main script")).toHaveCount(0);
  await expect(page.getByRole("columnheader", { name: "⟨U+0007⟩" })).toBeAttached();
  expect(errors).toEqual([]);
});

test("a link's cell is brought into view", async ({ page }) => {
  await page.setViewportSize({ width: 1280, height: 600 });
  await openRecorded(page, "#v=1&cell=0.3");
  await expect(parts(page).panel).toContainText(/^Layer 0, after ␣Tower/);
  await expect(parts(page).cell(/^layer 0, after " Tower": /)).toBeInViewport();
});

test("what is typed before the recorded reading comes is not lost", async ({ page }) => {
  await page.route(/recorded/, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await route.continue();
  });
  await page.route(/\.part\d|\.safetensors/, () => new Promise(() => {}));
  await page.goto("/?backend=wasm");
  await parts(page).prompt.fill("Mine");
  await page.waitForTimeout(2500);
  await expect(parts(page).prompt).toHaveValue("Mine");
});

test("a link with token ids reads them, and stays", async ({ page }) => {
  await open(page, "#v=1&ids=504,3575,282");
  await expect(parts(page).grid).toHaveAttribute("aria-colcount", "4");
  await expect(page.getByRole("columnheader", { name: "The" })).toBeVisible();
  expect(new URL(page.url()).hash).toBe("#v=1&ids=504,3575,282");
  await read(page, example, 10);
  await expect.poll(() => new URL(page.url()).hash).toBe("");
});
