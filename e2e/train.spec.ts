import { readFileSync } from "node:fs";
import { unzipSync } from "fflate";

import { dropFiles } from "./lensFiles";
import { cellNames, drawnCellNames, expect, open, test as own, parts } from "./page";
import {
  fill,
  idsText,
  lensInUse,
  openTrainTab,
  receiptKl,
  saved,
  stepOf,
  test,
  text,
  trainParts,
  trainToTheEnd,
} from "./trainTab";

test("a text that is pasted says its sizes and the time, and is trained on to a lower KL", async ({
  tab,
}) => {
  const { panel, status, receipt } = trainParts(tab);
  await fill(tab, 144);
  await expect(panel).toContainText(
    `${text.length.toLocaleString("en")} characters. 6,912 positions to train on, 768 held out. 7,680 tokens, 60 sequences of 128; 10 % held out.`,
  );
  await expect(panel).toContainText(/About \d+ s and \d+ MB of memory on this machine/);
  const { logit, closedForm, trained } = await trainToTheEnd(tab);
  await expect(status).toContainText("Held-out KL fell at every layer.");
  expect(closedForm).toBeLessThan(logit / 2);
  expect(trained).toBeLessThan(0.95 * closedForm);
  await expect(receipt).toContainText("768 held out");

  await panel.getByText("Numbers by layer").click();
  const table = panel.getByRole("table", { name: "Held-out KL(final ‖ lens) by layer, nats" });
  await expect(table.getByRole("row")).toHaveCount(4); // it is made when it is opened
  const rows = await table.getByRole("row").allInnerTexts();
  expect(rows[0].split("\t")).toEqual(["layer", "logit lens", "closed form", "trained"]);
  const byLayer = rows.slice(1).map((row) => row.split("\t").map(Number));
  expect(byLayer.map(([layer]) => layer)).toEqual([0, 1, 2]);
  const mean = (column: number) => byLayer.reduce((sum, row) => sum + row[column] / 3, 0);
  // The page writes three digits of each.
  expect(mean(1) / logit).toBeCloseTo(1, 1.5);
  expect(mean(3) / trained).toBeCloseTo(1, 1.5);

  // Of the same positions as the receipt: the curve before is of fewer.
  const [began, ended] = [closedForm, trained].map((nats) => nats.toFixed(2));
  const names = panel.locator(".chart-by-time .name");
  await expect(names.filter({ hasText: `closed form, ${began}` })).toHaveCount(1);
  await expect(names.filter({ hasText: `Adam, ${ended}` })).toHaveCount(1);
  await panel.getByText("Numbers by time").click();
  const times = panel.getByRole("table", { name: "by time, nats" }).getByRole("row");
  await expect(times.first()).toHaveText(
    /^timeafterlogit lensclosed formtrainedheld-out positions$/,
  );
  const last = (await times.last().innerText()).split("\t");
  expect(last.slice(1)).toEqual(["the end, 144 steps", logit.toFixed(1), began, ended, "768"]);
});

test("a trained lens is read with, saved, and dropped back as the lens that is open", async ({
  page,
}) => {
  await openTrainTab(page);
  await fill(page, 40);
  await trainToTheEnd(page);
  await trainParts(page).receipt.getByRole("button", { name: "Use this lens" }).click();
  const { prompt, lens, read, status } = parts(page);
  await expect(trainParts(page).tab("Read")).toBeFocused();
  await expect(lens("Tuned")).toBeChecked();
  await prompt.fill("5 17 3 3 42");
  await read.click();
  await expect(status).toContainText("5 tokens, 4 rows");
  const { sha256 } = (await lensInUse(page)) ?? {};
  const before = await drawnCellNames(page);
  const isLeavingAsked = () =>
    page.evaluate(() => !dispatchEvent(new Event("beforeunload", { cancelable: true })));
  expect(await isLeavingAsked()).toBe(true);

  await trainParts(page).tab("Train").click();
  const zip = await saved(page, async () => {
    await trainParts(page).receipt.getByRole("button", { name: "Save…" }).click();
    await page.getByRole("menuitem", { name: /^Lens folder/ }).click();
  });
  expect(zip.name).toBe("my-text.zip");
  expect(await isLeavingAsked()).toBe(false);
  const files = unzipSync(zip.bytes);
  const receipt = JSON.parse(new TextDecoder().decode(files["receipt.json"]));
  expect(receipt.lens.sha256).toBe(sha256);
  const { trained } = await receiptKl(page);
  const kl: number[] = receipt.training.heldOutKl.lens;
  expect(kl.reduce((sum, one) => sum + one / kl.length, 0)).toBeCloseTo(trained, 2);

  await dropFiles(page, { name: "again.zip", bytes: zip.bytes });
  await expect(page.getByRole("main")).toContainText("in use: a tuned lens of 3 layers");
  expect(await lensInUse(page)).toMatchObject({ name: "my text", sha256 });
  await expect(trainParts(page).evaluation.getByRole("checkbox")).toHaveCount(2); // the logit lens is one

  await openTrainTab(page);
  await trainParts(page).tab("Read").click();
  await dropFiles(page, { name: "again.zip", bytes: zip.bytes });
  await expect.poll(() => lensInUse(page)).toMatchObject({ name: "again", sha256 });
  await prompt.fill("5 17 3 3 42");
  await read.click();
  await expect(status).toContainText("5 tokens, 4 rows");
  await expect.poll(() => cellNames(page)).toEqual(before);
});

test("the reading is drawn anew while its lens is trained, and Cancel keeps the best so far", async ({
  tab,
}) => {
  const { prompt, lens, read, status } = parts(tab);
  const train = trainParts(tab);
  await train.tab("Read").click();
  await prompt.fill("5 17 3 3 42");
  await read.click();
  await expect(status).toContainText("5 tokens, 4 rows");
  await train.tab("Train").click();
  await fill(tab, 1000);
  await train.train.click();
  await expect.poll(() => stepOf(tab)).toBeGreaterThan(0);
  await expect(train.panel).toContainText(/[\d,.]+ positions a second\./);
  await expect.poll(() => tab.title()).toMatch(/^\d+% trained · Midthought$/);

  await train.receipt.getByRole("button", { name: "Read with it as it grows" }).click();
  await expect(train.tab("Read")).toHaveAttribute("aria-selected", "true");
  await expect(lens("Tuned")).toBeChecked();
  const seen = new Set<string>();
  const drawings = async () => {
    seen.add((await cellNames(tab)).join("\n"));
    return seen.size;
  };
  await expect.poll(drawings, { intervals: [200] }).toBeGreaterThan(2);

  await train.tab("Train").click();
  await train.cancel.click();
  await expect(train.status).toHaveText(/^Stopped after \d+ s, at step \d+; the best lens is kept/);
  expect(await tab.title()).toBe("Midthought");
  const { closedForm, trained } = await receiptKl(tab);
  expect(trained).toBeLessThan(closedForm);
});

test("midthought.train tells of each step, its lens is in use then, and it refuses what it has not", async ({
  tab,
}) => {
  const { reports, lens } = await tab.evaluate(async (text) => {
    const reports = [];
    for await (const report of window.midthought.train({ text, steps: 12, name: "scripted" }))
      reports.push(report);
    return { reports, lens: window.midthought.info().lens };
  }, idsText(12));
  expect(reports[0]).toMatchObject({ phase: "start", step: 0 });
  const last = reports.at(-1);
  expect(last).toMatchObject({ phase: "done", step: 12, layers: [0, 1, 2], isMeasured: true });
  expect(last?.heldOutKl).toBeLessThan((last?.logitHeldOutKl ?? 0) / 2);
  expect(lens).toMatchObject({ kind: "tuned", name: "scripted" });
  await expect(trainParts(tab).status).toHaveText(/^Trained in /);

  const refusal = (options: object) =>
    tab.evaluate(async (options) => {
      try {
        for await (const _ of window.midthought.train(options)) break;
        return null;
      } catch (error) {
        return `${(error as Error).name}: ${(error as Error).message}`;
      }
    }, options);
  expect(await refusal({ text: "1 2", stepz: 1 })).toContain(
    "TrainingError: There is no training option stepz.",
  );
  expect(await refusal({ text: "1 2", steps: 0 })).toContain("steps is not a whole number from 1");
  expect(await refusal({})).toContain("TrainingError: The training has no text.");
  expect(await refusal({ text: "1 2" })).toContain("TrainingTextError: This text has 2 tokens");
});

test("leaving the loop of midthought.train cancels the training", async ({ tab }) => {
  const steps = await tab.evaluate(async (text) => {
    for await (const { phase, step } of window.midthought.train({ text, steps: 100_000 }))
      if (phase === "steps" && step > 0) return step;
  }, idsText(12));
  expect(steps).toBeGreaterThan(0);
  const { status, train, cancel } = trainParts(tab);
  await expect(status).toHaveText(/^Stopped after \d+ s, at step \d+; the best lens is kept/);
  await expect(train).toBeEnabled();
  await expect(cancel).toBeDisabled();
});

own(
  "a few pages and the closed form take the page's own model to a quarter of the logit lens's KL",
  async ({ page }) => {
    own.setTimeout(300_000);
    await open(page);
    const { tab, text: box, method, more, field, status, train } = trainParts(page);
    await tab("Train").click();
    await box.fill(readFileSync("public/corpora/opticks.txt", "utf8").slice(20_000, 40_000));
    await method.selectOption({ label: "None: the closed form alone" });
    await more.click();
    await field("Stop after, seconds").fill("10");
    await train.click();
    await expect(status).toHaveText(/^(Trained in|Stopped after) /, { timeout: 240_000 });
    const { logit, closedForm } = await receiptKl(page);
    expect(closedForm).toBeLessThan(logit / 4);
  },
);
