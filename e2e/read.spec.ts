import { example, expect, open, parts, read, test } from "./page";

test("opens, loads and reads its example: the model says Paris", async ({ page }) => {
  await page.goto("/?backend=wasm");
  const { prompt, status, grid, cell } = parts(page);
  await expect(prompt).toHaveValue(example);
  await expect(page.getByRole("progressbar", { name: "Loading" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Cancel" })).toBeVisible();
  await expect(status).toHaveText(
    /^Loading SmolLM2-135M-Instruct: [\d.]+ of [\d.]+ MB.* Meanwhile, a recorded reading\.\s*$/,
  );
  await expect(
    cell(/^output, after " of": " Paris", probability 0\.7\d, KL 0\.00 nats$/),
  ).toBeVisible();
  await expect(status).toHaveText(
    /^After ␣of the model says ␣Paris, 0\.7\d\d; the tuned lens says so from layer \d+ on\. 10 tokens, 31 rows, [\d.]+ s\.\s*$/,
  );
  await expect(page).toHaveTitle("Midthought");
  await expect(grid).toHaveAttribute("aria-rowcount", "32");
  await expect(grid).toHaveAttribute("aria-colcount", "11");
  await expect(grid.getByRole("gridcell")).toHaveCount(310);
  await expect(page.getByText("wasm, ")).toBeVisible();
});

test("the lens switch changes KL, and going back is at once the same", async ({ loaded }) => {
  await read(loaded, example, 10);
  const { lens, cell, status } = parts(loaded);
  const middle = cell(/^layer 12, after " of": /);
  const tuned = await middle.getAttribute("aria-label");
  await lens("Logit").check();
  await expect(status).toContainText("the logit lens");
  const kl = (name: string | null) => Number(/KL ([\d.]+) nats/.exec(name ?? "")?.[1]);
  await expect
    .poll(async () => kl(await middle.getAttribute("aria-label")))
    .toBeGreaterThan(2 * kl(tuned));
  await lens("Tuned").check();
  await expect(middle).toHaveAttribute("aria-label", tuned ?? "");
});

test("rows arrive output first, then from the last layer down", async ({ loaded }) => {
  await loaded.evaluate(() => {
    const seen: string[][] = [];
    Object.assign(window, { seen });
    const look = () => {
      const rows = document.querySelectorAll<HTMLElement>(
        '[aria-label="Lens reading"] [role="row"]',
      );
      const computed = [...rows]
        .filter((row) =>
          row.querySelector('[role="gridcell"]:not([aria-label$="not computed yet"])'),
        )
        .map((row) => row.querySelector('[role="rowheader"]')?.getAttribute("aria-label") ?? "");
      if (computed.length !== seen.at(-1)?.length) seen.push(computed);
      requestAnimationFrame(look);
    };
    look();
  });
  await read(loaded, "one two three four five six seven eight nine ten ".repeat(6).trim(), 60);
  const seen = await loaded.evaluate(() => (window as Window & { seen?: string[][] }).seen ?? []);
  const order = ["output", ...Array.from({ length: 30 }, (_, i) => `layer ${29 - i}`)];
  for (const rows of seen) expect(rows).toEqual(order.slice(0, rows.length));
  expect(seen.filter((rows) => rows.length > 0 && rows.length < 31).length).toBeGreaterThan(2);
});

test("Ctrl and ⌘ with Enter read; Enter alone is a newline", async ({ loaded }) => {
  const { prompt, cell, status } = parts(loaded);
  await prompt.fill("The capital of France is");
  await prompt.press("Control+Enter");
  await expect(cell(/^output, after " is": " Paris"/)).toBeVisible();
  await prompt.fill("The capital of Italy is");
  await prompt.press("Meta+Enter");
  await expect(cell(/^output, after " is": " Rome"/)).toBeVisible();
  await prompt.fill("Once upon a time");
  await prompt.press("Enter");
  await expect(prompt).toHaveValue("Once upon a time\n");
  await prompt.press("Control+Enter");
  await expect(status).toHaveText(/^After ⏎ the model says .* 5 tokens/);
});

test("a newer read wins over the one before", async ({ loaded }) => {
  const { prompt, read: button, status, grid } = parts(loaded);
  await prompt.fill("All work and no play makes Jack a dull boy. ".repeat(15));
  await button.click();
  await expect(status).toHaveText(/^Reading/);
  await prompt.fill("The capital of France is");
  await button.click();
  await expect(status).toHaveText(/␣Paris.* 5 tokens, 31 rows/);
  await loaded.waitForTimeout(500); // a late row of the older one would show by now
  await expect(grid).toHaveAttribute("aria-colcount", "6");
  await expect(grid.getByRole("gridcell", { name: "not computed yet" })).toHaveCount(0);
});

test("cancelling a read leaves the last reading and the prompt", async ({ loaded }) => {
  await read(loaded, "The capital of France is", 5);
  const { prompt, status, cell, grid } = parts(loaded);
  const long = "All work and no play makes Jack a dull boy. ".repeat(15);
  await prompt.fill(long);
  await prompt.press("Control+Enter");
  await loaded.getByRole("button", { name: "Cancel" }).click();
  await expect(status).toContainText("Cancelled.");
  await expect(cell(/^output, after " is": " Paris"/)).toBeVisible();
  await expect(grid).toHaveAttribute("aria-colcount", "6");
  await expect(prompt).toHaveValue(long);
});

test("a single token and control characters are read", async ({ loaded }) => {
  await read(loaded, "Hello", 1);
  await parts(loaded).prompt.fill("a\u0001\u0007b");
  await parts(loaded).read.click();
  await expect(loaded.getByRole("columnheader", { name: "⟨U+0007⟩" })).toBeVisible();
});

test("midthought.read is the same as the page, and shows it", async ({ loaded }) => {
  const json = await loaded.evaluate(
    (prompt) => window.midthought.read(prompt, { lens: "logit" }),
    "The capital of France is",
  );
  expect(json).toMatchObject({
    format: "midthought-reading/1",
    app: { name: "midthought", backend: "wasm" },
    model: {
      name: "SmolLM2-135M-Instruct",
      family: "llama",
      nLayers: 30,
      dModel: 576,
      vocab: 49152,
    },
    lens: { kind: "logit", sha256: null },
    prompt: "The capital of France is",
    unit: "nats",
  });
  expect(json.rows).toEqual([...Array(30).keys(), "output"]);
  expect(json.targets).toEqual([...json.tokens.slice(1).map(({ id }) => id), null]);
  expect(json.topK[30][4][0].text).toBe(" Paris");
  expect(json.topK[30][4]).toHaveLength(10);

  await expect(parts(loaded).prompt).toHaveValue("The capital of France is");
  await expect(parts(loaded).lens("Logit")).toBeChecked();
  const name = (row: number, position: number) => {
    const [best] = json.topK[row][position];
    const kl = json.statistics.klFromFinal[row][position] ?? Number.NaN;
    const nats = kl.toFixed(kl >= 99.95 ? 0 : kl >= 9.995 ? 1 : 2);
    const layer = row === 30 ? "output" : `layer ${row}`;
    const probability = Math.exp(best.logProb ?? Number.NaN).toFixed(2);
    return `${layer}, after ${JSON.stringify(json.tokens[position].text)}: ${JSON.stringify(best.text)}, probability ${probability}, KL ${nats} nats`;
  };
  for (const [row, position] of [
    [30, 4],
    [29, 0],
    [12, 2],
    [0, 4],
  ]) {
    await expect(parts(loaded).cell(name(row, position))).toBeAttached();
  }
});

test("midthought takes ids, rows and topK, and tokenizes", async ({ loaded }) => {
  const { ids, json, info } = await loaded.evaluate(async () => {
    const ids = await window.midthought.tokenize("The capital of France is");
    const json = await window.midthought.read(ids, { lens: "tuned", rows: [5], topK: 3 });
    return { ids, json, info: window.midthought.info() };
  });
  expect(json.prompt).toBeNull();
  expect(json.tokens.map(({ id }) => id)).toEqual(ids);
  expect(json.rows).toEqual([5, "output"]);
  expect(json.topK[0][0]).toHaveLength(3);
  expect(info).toMatchObject({ backend: "wasm", adapter: null, lens: { kind: "tuned" } });
  expect(info.versions.midthought).toMatch(/^\d+\.\d+\.\d+$/);
});

test("the keyboard walks the grid from one tab stop", async ({ loaded }) => {
  await read(loaded, example, 10);
  const { grid, layers } = parts(loaded);
  await expect(grid.locator('[tabindex="0"]')).toHaveCount(1);
  await layers.focus();
  await loaded.keyboard.press("Tab");
  const here = () =>
    loaded.evaluate(() => document.activeElement?.getAttribute("aria-label") ?? "");
  const press = async (key: string) => {
    await loaded.keyboard.press(key);
    return here();
  };
  expect(await press("Control+Home")).toMatch(/^output, after "The": /);
  expect(await press("ArrowDown")).toMatch(/^layer 29, after "The": /);
  expect(await press("ArrowRight")).toMatch(/^layer 29, after " E": /);
  expect(await press("End")).toMatch(/^layer 29, after " of": /);
  expect(await press("ArrowUp")).toMatch(/^output, after " of": /);
  expect(await press("ArrowUp")).toMatch(/^output, after " of": /);
  expect(await press("Control+End")).toMatch(/^layer 0, after " of": /);
  expect(await press("Home")).toMatch(/^layer 0, after "The": /);
  expect(await press("ArrowLeft")).toMatch(/^layer 0, after "The": /);
  await expect(grid.locator('[tabindex="0"]')).toHaveCount(1);
  await loaded.keyboard.press("Tab");
  expect(await here()).not.toContain("layer");
});

test("no request leaves the page's own origin", async ({ page, baseURL }) => {
  const urls: string[] = [];
  page.on("request", (request) => urls.push(request.url()));
  await open(page);
  expect(urls.some((url) => url.includes("part0"))).toBe(true);
  expect(
    urls.filter((url) => !/^(data|blob):/.test(url) && !url.startsWith(`${baseURL}/`)),
  ).toEqual([]);
});
