import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, freemem, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { openApp, openBench, peakBytes, processes } from "../browser.js";
import { inTurn, windowOf } from "../measure.js";
import { model, startPython, writeModel } from "../python.js";
import { megabytes, notMeasured, progress, ratio, report, seconds } from "../report.js";

const title = "Prompt to all statistics against Python tuned-lens";
/** What Python takes for 256 tokens, bytes. */
const needed = { 256: 18e9 };

/** @param {import("../run.js").Context} context */
export async function python({ origin, repeats = 3, tokens = [16, 64, 256] }) {
  const executable = process.env.MIDTHOUGHT_PYTHON;
  if (!executable) {
    console.log(
      `\n### ${title}\n\n${notMeasured}: MIDTHOUGHT_PYTHON names no Python with tuned-lens.`,
    );
    return;
  }
  const { browser: other, info } = await openBench(origin);
  await other.close();
  const peer = await startPeer(executable);
  const { browser, page } = await openApp(origin);
  const rows = [];
  for (const count of tokens.toSorted((a, b) => a - b)) {
    if (count >= 256 && freemem() < needed[256]) {
      rows.push([String(count), ...Array(7).fill(notMeasured)]);
      continue;
    }
    progress(`prompt to all statistics, ${count} tokens`);
    /** @type {number[]} */
    const kl = [];
    const [ours, theirs] = await inTurn(repeats, [
      async (turn) => {
        const answer = await page.evaluate(
          async (ids) => {
            const started = performance.now();
            const { statistics } = await window.midthought.read(ids, { lens: "tuned" });
            const elapsedMs = performance.now() - started;
            const all = statistics.klFromFinal.flat().map(Number);
            return {
              elapsedMs,
              kl: all.reduce((sum, x) => sum + x, 0) / all.length,
            };
          },
          windowOf(info.ids, count, turn),
        );
        kl[0] = answer.kl;
        return answer.elapsedMs;
      },
      async (turn) => {
        const answer = await peer.read(windowOf(info.ids, count, turn));
        kl[1] = answer.kl;
        return answer.elapsedMs;
      },
    ]);
    if (!(Math.abs(kl[0] / kl[1] - 1) < 0.01)) {
      throw new Error(`The two read different things: mean KL ${kl[0]} against ${kl[1]} nats.`);
    }
    const renderer = peakBytes(await processes(browser));
    const whole = peakBytes(await processes(browser, true));
    rows.push([
      String(count),
      seconds(ours),
      seconds(theirs),
      ratio(ours, theirs),
      megabytes(renderer),
      megabytes(peer.peakBytes()),
      ratio(renderer, peer.peakBytes()),
      ratio(whole, peer.peakBytes()),
    ]);
  }
  await browser.close();
  peer.stop();
  report(
    title,
    `midthought.read() of the page on wasm with ${info.threads} threads, against ${peer.versions}, float32, ${availableParallelism()} threads: PredictionTrajectory.from_lens_and_model with the same lens, then forward KL, entropy, cross entropy, rank and largest probability. Memory is the peak resident set since the start, loading included: of the browser's renderer processes (page, workers, wasm) and, in the last column, of all processes of the browser. Goal: at most 0.15× the time and 0.3× the memory.`,
    ["tokens", "Midthought", "Python", "ratio", "renderer", "Python", "ratio", "whole browser"],
    rows,
  );
}

/**
 * Python, its model and lens loaded, waiting for token ids.
 *
 * @param {string} executable
 */
async function startPeer(executable) {
  progress("loading the model in Python");
  const folder = mkdtempSync(join(tmpdir(), "midthought-bench-"));
  const gguf = writeModel(folder);
  const lens = fileURLToPath(new URL("lens/params.safetensors", model));
  const args = [gguf, lens, String(availableParallelism())];
  const peer = startPython(executable, "python_peer.py", args);
  let peak = Number.NaN;

  const { versions } = await peer.answer();
  return {
    /** @type {string} */
    versions,
    peakBytes: () => peak,
    /** @param {readonly number[]} ids @returns {Promise<{ elapsedMs: number, kl: number }>} */
    async read(ids) {
      peer.ask(ids);
      const { elapsedMs, kl, peakBytes } = await peer.answer();
      peak = peakBytes;
      return { elapsedMs, kl };
    },
    stop() {
      peer.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
