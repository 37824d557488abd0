import { mkdtempSync, rmSync, statSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";

import { openPage, peakBytes, processes, resetPeak } from "../browser.js";
import { median } from "../measure.js";
import { startPython } from "../python.js";
import { megabytes, notMeasured, progress, ratio, report, seconds } from "../report.js";

const title = "Opening a lens of hundreds of megabytes";
const lenses = ["params.pt", "lens.safetensors", "jacobian.pt"];

/** @param {import("../run.js").Context} context */
export async function files({ origin, repeats = 3 }) {
  const executable = process.env.MIDTHOUGHT_PYTHON;
  if (!executable) {
    console.log(`\n### ${title}\n\n${notMeasured}: MIDTHOUGHT_PYTHON names no Python with torch.`);
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), "midthought-bench-"));
  progress("making a lens of 400 MB in Python");
  const peer = startPython(executable, "python_files.py", [folder, String(availableParallelism())]);
  try {
    const { versions } = await peer.answer();
    const rows = [];
    for (const name of lenses) {
      progress(`opening ${name}`);
      const { browser, page } = await openPage("about:blank");
      // The page's own model never comes: what it would leave in memory is not to be measured.
      await page.route(/\.part\d/, () => new Promise(() => {}));
      await page.goto(`${origin}?backend=wasm`);
      await page.getByRole("grid").waitFor();
      await give(page, [join(folder, "config.json"), join(folder, "model.safetensors")]);
      await page.waitForFunction(() => window.midthought.info().model?.nLayers === 24);
      const pids = await processes(browser);
      const before = peakBytes(pids, "VmRSS");
      resetPeak(pids);
      const sizeBytes = statSync(join(folder, name)).size;
      /** @type {number[]} */
      const ours = [];
      /** @type {number[]} */
      const theirs = [];
      let longest = 0;
      let peak = Number.NaN;
      for (let turn = 0; turn < repeats; ++turn) {
        const { elapsedMs, gapMs } = await openLens(page, join(folder, name), sizeBytes);
        if (turn === 0) peak = peakBytes(pids);
        ours.push(elapsedMs);
        longest = Math.max(longest, gapMs);
        await close(page);
        peer.ask(name);
        theirs.push((await peer.answer()).elapsedMs);
      }
      await browser.close();
      rows.push([
        name,
        megabytes(sizeBytes),
        seconds(median(ours)),
        seconds(median(theirs)),
        ratio(median(ours), median(theirs)),
        megabytes(peak - before),
        ratio(peak - before, sizeBytes),
        `${Math.round(longest)} ms`,
      ]);
    }
    report(
      title,
      `From the file that is chosen to the lens in use (24 layers of width 2,048; hashed, checked, every number looked at), against ${versions}: torch.load(weights_only=True) or load_file, to float32, checked for finite values; in turn. Memory: the peak of the renderer processes over what they held with the model open. Freeze: the longest time that the page's thread answered nothing. Goal: at most 2× the file's size, no freeze.`,
      ["file", "size", "Midthought", "Python", "ratio", "memory", "memory/size", "freeze"],
      rows,
    );
  } finally {
    peer.stop();
    rmSync(folder, { recursive: true });
  }
}

/** @param {import("playwright").Page} page @param {string[]} paths */
const give = (page, paths) => page.locator("input[type=file]").first().setInputFiles(paths);

/**
 * @param {import("playwright").Page} page
 * @param {string} path
 * @param {number} sizeBytes
 */
async function openLens(page, path, sizeBytes) {
  await page.evaluate(() => {
    let last = performance.now();
    const watch = { gapMs: 0, timer: 0 };
    watch.timer = window.setInterval(() => {
      const now = performance.now();
      watch.gapMs = Math.max(watch.gapMs, now - last);
      last = now;
    }, 4);
    Object.assign(window, { watch });
  });
  const started = performance.now();
  await give(page, [path]);
  await page.waitForFunction(
    (size) => {
      const { lens } = window.midthought.info();
      return lens !== null && "sizeBytes" in lens && lens.sizeBytes === size;
    },
    sizeBytes,
    { timeout: 300_000, polling: 20 },
  );
  const elapsedMs = performance.now() - started;
  const gapMs = await page.evaluate(() => {
    const { watch } = /** @type {any} */ (window);
    clearInterval(watch.timer);
    return watch.gapMs;
  });
  return { elapsedMs, gapMs };
}

/** @param {import("playwright").Page} page */
async function close(page) {
  await page.getByRole("button", { name: /^Close lens/ }).click();
  await page.waitForFunction(() => window.midthought.info().lens?.kind === "logit");
}
