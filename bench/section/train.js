import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openBench, peakBytes, processes, resetPeak } from "../browser.js";
import { inTurn, median, windowOf } from "../measure.js";
import { startPython, writeModel } from "../python.js";
import { megabytes, notMeasured, progress, ratio, report, seconds } from "../report.js";

/** Positions of a sequence, and of a step, by default. */
const sequenceLength = 192;
const positions = 64;
/** Those that steps are taken on, from all over the sequence. */
const rows = Array.from({ length: positions }, (_, i) => (i * sequenceLength) / positions);

/** @param {import("../run.js").Context} context */
export async function train({ origin, repeats = 5 }) {
  const { browser, page, info } = await openBench(origin);
  const call = (/** @type {"moments" | "bareStep"} */ name) =>
    page.evaluate((name) => window.bench.worker[name](), name);
  progress("training: the model's blocks");
  const ids = windowOf(info.ids, sequenceLength, 0);
  const forwards = [];
  for (let i = 0; i <= repeats; ++i) {
    const elapsed = await page.evaluate(
      ([ids, rows]) => window.bench.worker.openTraining(ids, rows),
      /** @type {const} */ ([ids, rows]),
    );
    forwards.push(elapsed);
  }
  const forward = median(forwards.slice(1));

  progress("training: the whole vocabulary"); // first, while the lens is where PyTorch's begins
  const all = await page.evaluate(() => window.bench.worker.trainingOfAll());

  progress("training: steps, their bare products, the closed form's moments");
  /** @type {import("../worker").StepParts[]} */
  const parts = [];
  const tasks = [
    async () => {
      parts.push(await page.evaluate(() => window.bench.worker.trainingStep()));
      return sum(Object.values(parts[parts.length - 1]));
    },
    async () => (await call("bareStep")) + (await bareOutput()),
    () => call("bareStep"),
    () => call("moments"),
  ];
  const bareOutput = () =>
    page.evaluate((rows) => window.bench.worker.bareProduct(rows), positions);
  await inTurn(1, tasks);
  parts.length = 0;
  const renderers = await processes(browser);
  resetPeak(renderers);
  const before = peakBytes(renderers, "VmRSS");
  const [step, bare, bareGradient, moments] = await inTurn(repeats, tasks);
  const memory = peakBytes(renderers) - before;
  const part = (/** @type {keyof import("../worker").StepParts} */ name) =>
    median(parts.map((times) => times[name]));

  await browser.close();
  const peer = process.env.MIDTHOUGHT_PYTHON
    ? await readPeer(process.env.MIDTHOUGHT_PYTHON, info.threads, ids, repeats)
    : null;
  if (peer && !(Math.abs(all.loss / peer.loss - 1) < 0.01)) {
    throw new Error(`The two train on different things: ${all.loss} against ${peer.loss} nats.`);
  }

  const row = (
    /** @type {string} */ what,
    /** @type {number} */ ms,
    /** @type {string} */ to,
    /** @type {string} */ against,
    count = positions,
  ) => [what, seconds(ms), ((1000 * count) / ms).toFixed(0), to, against];
  const python = peer ? `PyTorch's step, ${seconds(peer.elapsedMs)}` : notMeasured;
  report(
    "Training a tuned lens",
    `A step on ${positions} positions of a sequence of ${sequenceLength} and all ${info.nLayers} layers, on wasm with ${info.threads} threads: by Adam, averaged, over 2,048 tokens of the vocabulary (the output row's probabilities, the choice of tokens, the gradient, the step), against onnxruntime-web ${info.version}'s MatMul of the same shapes, and against ${peer?.versions ?? "PyTorch"}'s step on the same positions over the whole vocabulary, with as many threads and the hidden states given to both. Above what the renderer held before, the steps took ${megabytes(memory)}. Goals: at most 1.5× the products' time, at least 1.5× PyTorch's positions a second.`,
    ["what", "time", "positions/s", "ratio", "to"],
    [
      row("a step", step, ratio(step, bare), `its products, ${seconds(bare)}`),
      row("its output row", part("finalMs"), "", ""),
      row("its choice of tokens", part("chooseMs"), "", ""),
      row(
        "its gradient",
        part("gradientMs"),
        ratio(part("gradientMs"), bareGradient),
        seconds(bareGradient),
      ),
      row("its parameters", part("stepMs"), "", ""),
      row("a step, positions/s", step, ratio(peer?.elapsedMs ?? Number.NaN, step), python),
      row(
        "a gradient, whole vocabulary",
        all.elapsedMs,
        ratio(peer?.elapsedMs ?? Number.NaN, all.elapsedMs),
        python,
      ),
      row("moments of the closed form", moments, "", "", sequenceLength),
      row("the model's blocks", forward, "", "", sequenceLength),
    ],
  );
}

const sum = (/** @type {number[]} */ values) => values.reduce((total, value) => total + value, 0);

/**
 * @param {string} executable
 * @param {number} threads
 * @param {readonly number[]} ids
 * @param {number} repeats
 */
async function readPeer(executable, threads, ids, repeats) {
  progress("training: PyTorch");
  const folder = mkdtempSync(join(tmpdir(), "midthought-bench-"));
  const peer = startPython(executable, "python_train.py", [writeModel(folder), String(threads)]);
  const { versions } = await peer.answer();
  const elapsed = [];
  let loss = Number.NaN;
  for (let i = 0; i <= Math.min(2, repeats); ++i) {
    peer.ask({ ids, rows });
    const answer = await peer.answer();
    elapsed.push(answer.elapsedMs);
    loss = answer.loss;
  }
  peer.stop();
  rmSync(folder, { recursive: true });
  return { versions, loss, elapsedMs: median(elapsed.slice(1)) };
}
