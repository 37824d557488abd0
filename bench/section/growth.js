import { openApp, openBench, peakBytes, processes, resetPeak } from "../browser.js";
import { median, windowOf } from "../measure.js";
import { megabytes, progress, ratio, report, seconds } from "../report.js";

const allLayers = 30;
/** Tokens of the prompt whose rows grow in number. */
const layersAt = 64;

/** @param {import("../run.js").Context} context */
export async function growth({ origin, repeats = 3, tokens = [1, 4, 16, 64, 256] }) {
  const { browser: other, info } = await openBench(origin);
  await other.close();
  const { browser, page } = await openApp(origin);
  let turn = 0;

  /** @param {number} count @param {number} layers */
  async function read(count, layers) {
    progress(`a reading of ${count} tokens, ${layers} layers`);
    const pids = await processes(browser);
    resetPeak(pids);
    const elapsed = [];
    for (let i = 0; i < repeats; ++i) {
      const rows = Array.from({ length: layers }, (_, layer) => allLayers - 1 - layer);
      const request = { ids: windowOf(info.ids, count, turn++), rows };
      elapsed.push(
        await page.evaluate(async ({ ids, rows }) => {
          const started = performance.now();
          await window.midthought.read(ids, { lens: "tuned", rows });
          return performance.now() - started;
        }, request),
      );
    }
    return { count, layers, elapsed: median(elapsed), peak: peakBytes(pids) };
  }

  await read(16, allLayers); // warms up
  const byTokens = [];
  for (const count of tokens.toSorted((a, b) => a - b)) byTokens.push(await read(count, allLayers));
  const byLayers = [];
  for (const layers of [0, 1, 4, 15, allLayers]) byLayers.push(await read(layersAt, layers));
  await browser.close();

  const base = byTokens.find(({ count }) => count === 16) ?? byTokens[0];
  report(
    "Growth with tokens",
    `midthought.read() of the page, ${allLayers} layers and the output row, against ${base.count} tokens. Memory is the peak resident set of the renderer processes (page, workers, wasm) while reading.`,
    ["tokens", "time", "ratio", "a token", "ratio", "memory", "ratio"],
    byTokens.map(({ count, elapsed, peak }) => [
      String(count),
      seconds(elapsed),
      ratio(elapsed, base.elapsed),
      seconds(elapsed / count),
      ratio(elapsed / count, base.elapsed / base.count),
      megabytes(peak),
      ratio(peak, base.peak),
    ]),
  );
  const whole = byLayers[byLayers.length - 1];
  report(
    "Growth with layers",
    `The same at ${layersAt} tokens, the last so many layers and the output row, against all ${allLayers}.`,
    ["layers", "time", "ratio", "memory", "ratio"],
    byLayers.map(({ layers, elapsed, peak }) => [
      String(layers),
      seconds(elapsed),
      ratio(elapsed, whole.elapsed),
      megabytes(peak),
      ratio(peak, whole.peak),
    ]),
  );
}
