import { openBench } from "../browser.js";
import { inTurn } from "../measure.js";
import { progress, ratio, report, seconds } from "../report.js";
import { versionOf } from "../versions.js";

/** @param {import("../run.js").Context} context */
export async function forward({ origin, repeats, tokens = [1, 16, 64, 128, 256, 512] }) {
  const { browser, page, info } = await openBench(origin);
  const wllama = await page.evaluateHandle(
    (threads) => window.bench.createWllama(threads),
    info.threads,
  );
  const passage = (/** @type {number} */ count, /** @type {number} */ turn) =>
    page.evaluate((a) => window.bench.worker.passage(a.count, a.from), { count, from: 7 * turn });
  const tasks = (/** @type {number} */ count) => [
    async (/** @type {number} */ turn) =>
      page.evaluate(({ ids }) => window.bench.worker.forward(ids), await passage(count, turn)),
    async (/** @type {number} */ turn) =>
      wllama.evaluate(
        (evaluate, { text, ids }) => evaluate(text, ids.length),
        await passage(count, turn),
      ),
  ];
  await inTurn(1, tasks(tokens[0]));
  const rows = [];
  for (const count of tokens) {
    progress(`forward pass, ${count} tokens`);
    const [ours, peer] = await inTurn(repeats ?? (count > 64 ? 3 : 5), tasks(count));
    rows.push([String(count), seconds(ours), seconds(peer), ratio(ours, peer)]);
  }
  await browser.close();
  report(
    "The forward pass against wllama",
    `All hidden states of a prompt, against @wllama/wllama ${versionOf("@wllama/wllama")} evaluating the same tokens from the same GGUF file with an empty cache, both with ${info.threads} threads. wllama's time is llama.cpp's own and includes the logits of the last token. Goal: at most 0.2× from 16 to 512 tokens.`,
    ["tokens", "Midthought", "wllama", "ratio"],
    rows,
  );
}
