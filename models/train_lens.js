// Trains the bundled tuned lens with the page's own trainer, on wasm, in a headless browser:
//
//     npm run train -- --positions 36864 --held-out 4224
//
// The text is sampled from the model itself. Writes params.safetensors (float16), config.json and
// receipt.json, whose held-out figures are of the float16 parameters. Afterwards `python models/catalog.py`
// writes catalog.json, and `npm run record` the recorded readings.
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { unzipSync } from "fflate";
import { chromium } from "playwright";
import { build, preview } from "vite";

import { chromiumArgs, executablePath, howToGetChromium } from "../.ci/chromium.js";

if (!executablePath) {
  console.error(howToGetChromium);
  process.exit(1);
}

const root = fileURLToPath(new URL("..", import.meta.url));
const { values } = parseArgs({
  options: {
    /** To train on; the held-out ones come on top. */
    positions: { type: "string", default: "36864" },
    "held-out": { type: "string", default: "4224" },
    /** Times that the steps go over the text. */
    passes: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    name: { type: "string", default: "trained, sampled text" },
    /** Any of the Train tab's settings, as JSON. */
    settings: { type: "string", default: "{}" },
    out: { type: "string", default: join(root, "models/smollm2-135m-instruct/lens") },
  },
});
const sequenceLength = 192;
/** Smaller steps than the page's own, whose lens is better by 0.3 % and which take a sixth longer. */
const positionsPerStep = 48;
const learningRate = 1.25e-3;
const [positions, heldOut, passes, seed] = [
  values.positions,
  values["held-out"],
  values.passes,
  values.seed,
].map(Number);
const options = {
  sample: { positions: positions + heldOut, temperature: 1, seed },
  sequenceLength,
  heldOut,
  seed,
  positionsPerStep,
  learningRate,
  steps: Math.round((passes * positions) / positionsPerStep),
  name: values.name,
  ...JSON.parse(values.settings),
};

/** Where it was written to is this machine's and no part of how. */
const said = Object.entries(values).filter(([name]) => name !== "out" && process.argv.includes(`--${name}`));
const remake = ["npm run train", ...(said.length > 0 ? ["--"] : [])]
  .concat(said.map(([name, value]) => `--${name} '${value}'`))
  .join(" ");

const work = mkdtempSync(join(tmpdir(), "midthought-train-"));
const outDir = join(work, "dist");
await build({ root, logLevel: "error", build: { outDir } });
const server = await preview({ root, build: { outDir }, preview: { port: 0, open: false } });
const browser = await chromium.launch({ executablePath, args: chromiumArgs });
try {
  const page = await browser.newPage();
  page.on("console", (message) => console.log(message.text()));
  await page.goto(`${server.resolvedUrls?.local[0]}?backend=wasm`);
  await page.evaluate(train, options);

  const folder = unzipSync(await saved("folder"));
  const trained = JSON.parse(new TextDecoder().decode(folder["receipt.json"]));
  const parameters = await saved("float16");
  console.log("measuring the float16 parameters");
  const { rows } = await page.evaluate(evaluateHalf, parameters.toString("base64"));
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, "params.safetensors"), parameters);
  writeFileSync(join(values.out, "config.json"), folder["config.json"]);
  const receipt = receiptOf(trained, parameters, rows);
  writeFileSync(join(values.out, "receipt.json"), `${JSON.stringify(receipt, null, 2)}\n`);
  const { heldOutKl } = receipt.training;
  console.table(
    rows.map((kl, layer) => ({
      lens: kl,
      closedForm: heldOutKl.start[layer],
      ratio: kl / heldOutKl.start[layer],
      logit: heldOutKl.logit[layer],
    })),
  );

  /** The lens in use, as the page saves it. */
  async function saved(/** @type {string} */ format) {
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.evaluate(save, format),
    ]);
    const path = join(work, format);
    await download.saveAs(path);
    return readFileSync(path);
  }
} finally {
  await browser.close();
  await server.close();
  rmSync(work, { recursive: true, force: true });
}

// What follows runs in the page.

/** @param {object} options */
async function train(options) {
  await window.midthought.ready;
  for await (const report of window.midthought.train(options)) {
    if (!report.isMeasured) continue;
    const { phase, step, steps, positions, seconds, secondsLeft } = report;
    const means = [report.heldOutKl, report.startHeldOutKl, report.logitHeldOutKl].map((kl) =>
      kl.toFixed(4),
    );
    console.log(
      `${phase}, step ${step} of ${steps}, ${positions} positions, ${seconds.toFixed(0)} s, ${secondsLeft?.toFixed(0) ?? "?"} s left: held-out KL ${means.join(", start ")}`,
    );
  }
}

/** @param {string} format */
async function save(format) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await window.midthought.saveLens({ format }));
  link.download = format;
  link.click();
}

/** @param {string} base64 */
async function evaluateHalf(base64) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  await window.midthought.openLens([new File([bytes], "float16.safetensors")]);
  const { lenses } = await window.midthought.evaluate({ lenses: ["float16"] });
  const half = lenses.find(({ name }) => name === "float16"); // the logit lens is there too
  const layers = half.rows.filter(({ row }) => row !== "output");
  return { rows: layers.map(({ klFromFinal }) => klFromFinal.mean) };
}

/**
 * @param {any} saved the receipt that the page saved beside the float32 parameters
 * @param {Buffer} parameters
 * @param {number[]} rows held-out KL of the float16 parameters, by layer
 */
function receiptOf(saved, parameters, rows) {
  const { training } = saved;
  const sha256 = createHash("sha256").update(parameters).digest("hex");
  const round = (/** @type {number[]} */ list) => list.map((kl) => Number(kl.toPrecision(5)));
  return {
    ...saved,
    lens: { kind: "tuned", name: values.name, sha256 },
    params: { file: "params.safetensors", sha256, dtype: "float16" },
    training: {
      ...training,
      heldOutKl: {
        ...training.heldOutKl,
        lens: round(rows),
        start: round(training.heldOutKl.start),
        logit: round(training.heldOutKl.logit),
      },
    },
    remake,
  };
}
