import type { Page } from "@playwright/test";

import { example, expect, parts, read, test, wholeReading } from "./page";

const parisIsThere = (page: Page) =>
  expect(parts(page).cell(/^output, after " of": " Paris"/)).toBeVisible();

test.describe("a prompt that cannot be read", () => {
  test.beforeEach(({ loaded }) => read(loaded, example, 10));

  test("empty: a sentence, and the last reading stays until dismissed and after", async ({
    loaded,
  }) => {
    const { prompt, alert, status, read: button } = parts(loaded);
    await prompt.fill("");
    await button.click();
    await expect(alert).toContainText("The prompt is empty.");
    await expect(status).toContainText("Nothing was changed.");
    await parisIsThere(loaded);
    await alert.getByRole("button", { name: "Dismiss" }).click();
    await expect(alert).toHaveCount(0);
    await expect(prompt).toBeFocused();
    await parisIsThere(loaded);
  });

  test("longer than the context: both numbers, and the prompt stays", async ({ loaded }) => {
    const { prompt, alert } = parts(loaded);
    const long = "word ".repeat(9000);
    await prompt.fill(long);
    await prompt.press("Control+Enter");
    await expect(alert).toContainText("8,192 tokens");
    await expect(alert).toContainText(/9,00\d tokens/);
    await expect(prompt).toHaveValue(long);
    await parisIsThere(loaded);
  });

  test("10 MB: refused by its size", async ({ loaded }) => {
    const { prompt, alert } = parts(loaded);
    await prompt.evaluate((box: HTMLTextAreaElement) => {
      box.value = "word ".repeat(2_000_000);
      box.dispatchEvent(new InputEvent("input", { bubbles: true }));
    });
    await prompt.press("Control+Enter");
    await expect(alert).toContainText("10,000,000 characters");
    await parisIsThere(loaded);
    await prompt.fill(example);
  });

  test("10 MB that is pasted never reaches the box", async ({ loaded }) => {
    const { prompt, alert } = parts(loaded);
    await prompt.evaluate((box) => {
      const data = "word ".repeat(2_000_000);
      const paste = { inputType: "insertFromPaste", data, bubbles: true, cancelable: true };
      box.dispatchEvent(new InputEvent("beforeinput", paste));
    });
    await expect(alert).toContainText("That text has 10,000,000 characters");
    await expect(prompt).toHaveValue(example);
    await prompt.press("End");
    await prompt.press("Space");
    await expect(alert).toHaveCount(0);
  });

  test("midthought.read rejects with the sentence that the page shows", async ({ loaded }) => {
    const error = await loaded.evaluate(() =>
      window.midthought.read("").catch((error: Error) => ({
        name: error.name,
        message: error.message,
        isError: error instanceof Error,
      })),
    );
    expect(error).toMatchObject({ name: "PromptError", isError: true });
    const { message } = error as { message: string };
    await expect(parts(loaded).alert).toContainText(message);
  });
});

test("an unpaired surrogate is read as U+FFFD", async ({ loaded }) => {
  const json = await loaded.evaluate(() => window.midthought.read("a \uD83D b"));
  expect(json.tokens.map(({ text }) => text).join("")).toContain("\uFFFD");
  await expect(parts(loaded).alert).toHaveCount(0);
});

test("another backend in the address is ignored, with a sentence", async ({ page }) => {
  await page.goto("/?backend=cuda");
  await expect(page.getByText("“cuda” in the address is no backend")).toBeVisible();
  await expect(parts(page).status).toHaveText(wholeReading);
});

test("cancelling the load says how far it came, and Read goes on with it", async ({ page }) => {
  await page.route(/part[1-3]/, async (route) => {
    await new Promise((resolve) => setTimeout(resolve, 3000));
    await route.continue().catch(() => {}); // the load may have been cancelled meanwhile
  });
  await page.goto("/?backend=wasm");
  const { status, read: button, prompt } = parts(page);
  await expect(page).toHaveTitle(/^\d+% · Midthought$/);
  await expect(button).toBeDisabled();
  await page.getByRole("button", { name: "Cancel" }).click();
  await expect(status).toHaveText(/^Loading was cancelled at [\d.]+ of [\d.]+ MB\./);
  await expect(prompt).toHaveValue(example);
  await page.unroute(/part[1-3]/);
  await button.click();
  await parisIsThere(page);
});

for (const [what, alter] of [
  ["altered", (bytes: Buffer) => bytes.fill(1, 1000, 2000)],
  ["cut short", (bytes: Buffer) => bytes.subarray(0, 1000)],
] as const) {
  test(`a part of the model that is ${what}: a sentence, and Try again reads`, async ({ page }) => {
    await page.route(/part1/, async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: alter(await response.body()) });
    });
    await page.goto("/?backend=wasm");
    const { alert, prompt, status } = parts(page);
    await expect(alert).toContainText("Part 2 of 4 of SmolLM2-135M-Instruct");
    await expect(prompt).toHaveValue(example);
    await expect(status).toContainText("Nothing was changed.");
    await page.unroute(/part1/);
    await alert.getByRole("button", { name: "Try again" }).click();
    await parisIsThere(page);
    await expect(status).toHaveText(wholeReading);
    await expect(alert).toHaveCount(0);
  });
}

test("a part of the model that is missing: a sentence, and ready rejects with it", async ({
  page,
}) => {
  await page.route(/part0/, (route) => route.fulfill({ status: 404, body: "" }));
  await page.goto("/?backend=wasm");
  const { alert } = parts(page);
  await expect(alert).toContainText("Part 1 of 4 of SmolLM2-135M-Instruct");
  const error = await page.evaluate(() =>
    window.midthought.ready.then(
      () => null,
      ({ name, message }: Error) => ({ name, message }),
    ),
  );
  expect(error?.name).toBe("DownloadError");
  await expect(alert).toContainText(error?.message ?? "no error");
});
