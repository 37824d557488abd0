import { chromiumArgs } from "../../.ci/chromium.js";
import { openPage } from "../browser.js";
import { median, windowOf } from "../measure.js";
import { notMeasured, progress, report, seconds } from "../report.js";

const title = "The lens pass on the GPU";
const args = [
  ...chromiumArgs.filter((arg) => !arg.includes("swiftshader")),
  ...(process.platform === "linux" ? ["--enable-features=Vulkan"] : []),
];

/** @param {import("../run.js").Context} context */
export async function gpu({ origin, repeats = 7, tokens = [16, 64, 256] }) {
  const { browser, page } = await openPage(`${origin}bench/index.html`, args);
  progress("looking for a GPU");
  const { adapter, why } = await page.evaluate(() => window.bench.worker.gpu());
  if (!adapter) {
    await browser.close();
    console.log(`\n### ${title}\n\n${notMeasured}: ${why}`);
    return;
  }
  const { nLayers, dModel, vocab, ids } = await page.evaluate(() => window.bench.worker.info());
  const peak = Number(process.env.MIDTHOUGHT_GPU_TFLOPS);
  const rows = [];
  for (const count of tokens) {
    progress(`lens pass on ${adapter}, ${count} tokens`);
    const elapsed = median(
      await page.evaluate((job) => window.bench.worker.gpuPasses(job.ids, job.repeats), {
        ids: windowOf(ids, count, 0),
        repeats,
      }),
    );
    const operations = 2 * count * dModel * ((nLayers + 1) * vocab + nLayers * dModel);
    const rate = operations / elapsed / 1e9;
    rows.push([
      String(count),
      seconds(elapsed),
      `${rate.toFixed(2)} TFLOP/s`,
      peak > 0 ? `${((100 * rate) / peak).toFixed(0)} %` : notMeasured,
    ]);
  }
  await browser.close();
  report(
    title,
    `${adapter}: ${nLayers} layers and the output row, from hidden states on the GPU to all statistics. The peak is MIDTHOUGHT_GPU_TFLOPS${peak > 0 ? `, ${peak} TFLOP/s` : ", which names none"}. Goal: at least 35 % of it.`,
    ["tokens", "pass", "rate", "of fp32 peak"],
    rows,
  );
}
