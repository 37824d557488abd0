import { expect, parts, test } from "./page";

// On WebGPU in software: a load takes 15 s, a reading of one token 10 s, and both are done again here.
test.setTimeout(300_000);

test("a lost GPU is replaced once, then the processor goes on; the page says so", async ({
  page,
  browser,
}) => {
  const devtools = await browser.newBrowserCDPSession();
  const loseGpu = () => devtools.send("Browser.crashGpuProcess").catch(() => {}); // its answer dies with it
  const likeliest = (prompt: string) =>
    page.evaluate(async (text) => {
      const reading = await window.midthought.read(text, { lens: "logit", rows: ["output"] });
      const [{ text: top }] = reading.topK[0][0];
      return { top, backend: reading.app.backend };
    }, prompt);

  await page.goto("/?backend=webgpu");
  await page.evaluate(() => window.midthought.ready);
  const before = await likeliest("The");
  expect(before.backend).toBe("webgpu");

  await loseGpu();
  expect(await likeliest("Paris")).toMatchObject({ backend: "webgpu" });
  await expect(page.getByText("The GPU was lost. A new one was opened")).toBeVisible();

  await loseGpu();
  expect(await likeliest("The")).toEqual({ top: before.top, backend: "wasm" });
  await expect(page.getByText("Reading goes on with the processor")).toBeVisible();
  await expect(page.getByText("wasm, ")).toBeVisible();
  await expect(parts(page).prompt).toHaveValue("The");
});
