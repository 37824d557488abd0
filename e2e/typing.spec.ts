import { cellNames, drawnCellNames, example, expect, parts, read, test } from "./page";

test("the reading follows the typing, and is the one of the whole prompt", async ({ loaded }) => {
  const { prompt, grid, status } = parts(loaded);
  await read(loaded, example, 10);
  await prompt.press("Control+End");
  await prompt.pressSequentially(" France, and", { delay: 60 });
  await expect(grid).toHaveAttribute("aria-colcount", "14");
  await expect(status).toHaveText(/13 tokens, 31 rows, [\d.]+ s\.\s*$/);
  const typed = await drawnCellNames(loaded);
  const [typedJson, freshJson] = await loaded.evaluate(async (text) => {
    const typed = await window.midthought.read(text, { lens: "tuned" });
    await window.midthought.read("Something else entirely", { lens: "tuned" });
    return [typed, await window.midthought.read(text, { lens: "tuned" })];
  }, `${example} France, and`);
  expect(freshJson.tokens).toEqual(typedJson.tokens);
  for (const [row, cells] of freshJson.topK.entries()) {
    for (const [position, tops] of cells.entries()) {
      expect(typedJson.topK[row][position].map(({ id }) => id)).toEqual(tops.map(({ id }) => id));
      for (const name of ["klFromFinal", "entropy", "crossEntropy"] as const) {
        const fresh = freshJson.statistics[name][row][position];
        const grown = typedJson.statistics[name][row][position];
        // Other shapes of product add up in another order: 5 digits are kept, of up to 100 nats.
        if (fresh === null) expect(grown).toBeNull();
        else expect(Math.abs((grown ?? Number.NaN) - fresh)).toBeLessThan(2e-3);
      }
    }
  }
  await expect.poll(() => cellNames(loaded)).toEqual(typed);
});

test("deleting text takes columns away, and an empty box keeps the last reading", async ({
  loaded,
}) => {
  const { prompt, grid, status, cell, alert } = parts(loaded);
  await read(loaded, "The capital of France is", 5);
  await prompt.press("Control+End");
  for (let i = 0; i < 3; ++i) await prompt.press("Backspace");
  await expect(grid).toHaveAttribute("aria-colcount", "5");
  await expect(cell(/^output, after " France": /)).toBeVisible();
  await prompt.fill("");
  await expect(status).toContainText("The prompt is empty");
  await expect(cell(/^output, after " France": /)).toBeVisible();
  await expect(alert).toHaveCount(0);
});

test("typing in the middle reads from there on", async ({ loaded }) => {
  const { prompt, cell } = parts(loaded);
  await read(loaded, "The capital of France is", 5);
  await prompt.fill("The capital of Italy is");
  await expect(cell(/^output, after " is": " Rome"/)).toBeVisible();
  await expect(cell(/^layer 0, after "The": /)).toBeAttached();
});
