import { openBench } from "../browser.js";
import { inTurn, windowOf } from "../measure.js";
import { progress, ratio, report, seconds } from "../report.js";

/** Positions and layers of a pass; the output row comes to the layers. */
const passes = [
  [64, 0],
  [64, 4],
  [16, 30],
  [64, 30],
];

/** @param {import("../run.js").Context} context */
export async function lens({ origin, repeats = 7, tokens }) {
  const { browser, page, info } = await openBench(origin);
  const { vocab, dModel } = info;
  const rows = [];
  for (const [positions, layers] of passes) {
    if (tokens && !tokens.includes(positions)) continue;
    const count = positions * (layers + 1);
    progress(`lens pass, ${count} rows`);
    await page.evaluate((ids) => window.bench.worker.open(ids), windowOf(info.ids, positions, 0));
    const tasks = [
      () => page.evaluate((n) => window.bench.worker.lensPass(n), layers),
      () => page.evaluate((n) => window.bench.worker.bareProduct(n), count),
    ];
    await inTurn(1, tasks);
    const [ours, bare] = await inTurn(repeats, tasks);
    const rate = (2 * count * vocab * dModel) / bare / 1e6;
    rows.push([
      `${positions} tokens × ${layers + 1} ${layers ? "rows" : "row"}`,
      seconds(ours),
      seconds(bare),
      ratio(ours, bare),
      `${rate.toFixed(0)} GFLOP/s`,
    ]);
  }
  await browser.close();
  report(
    "The lens pass against the bare matrix product",
    `Translation, norm, logits, statistics and the ten likeliest tokens, against onnxruntime-web ${info.version}'s MatMul of as many rows by [${dModel}, ${vocab}], both on wasm with ${info.threads} threads. Goal: at most 1.1×.`,
    ["pass", "lens", "MatMul", "ratio", "MatMul's rate"],
    rows,
  );
}
