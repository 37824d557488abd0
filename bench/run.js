// Prints what README says of speed and memory, as ratios to peers of the same run. See README.md here.
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, release, tmpdir, totalmem, type } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build, preview } from "vite";

import { openPage } from "./browser.js";
import { progress } from "./report.js";
import { feel } from "./section/feel.js";
import { files } from "./section/files.js";
import { forward } from "./section/forward.js";
import { gpu } from "./section/gpu.js";
import { growth } from "./section/growth.js";
import { lens } from "./section/lens.js";
import { page } from "./section/page.js";
import { python } from "./section/python.js";
import { train } from "./section/train.js";
import { typing } from "./section/typing.js";
import { versionOf } from "./versions.js";

/** @typedef {{ origin: string, repeats?: number, tokens?: number[] }} Context */

const sections = { lens, forward, train, typing, python, page, feel, files, growth, gpu };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { repeats: { type: "string" }, tokens: { type: "string" } },
});
const wanted = Object.entries(sections).filter(
  ([name]) => positionals.length === 0 || positionals.includes(name),
);
const unknown = positionals.find((name) => !(name in sections));
if (unknown) {
  console.error(`There is no section ${unknown}; these are: ${Object.keys(sections).join(", ")}.`);
  process.exit(1);
}

const root = fileURLToPath(new URL("..", import.meta.url));
const outDir = mkdtempSync(join(tmpdir(), "midthought-bench-"));
progress("building the page");
await build({
  root,
  logLevel: "error",
  build: {
    outDir,
    emptyOutDir: true,
    rolldownOptions: { input: [join(root, "index.html"), join(root, "bench/index.html")] },
  },
});
const server = await preview({ root, build: { outDir }, preview: { port: 0, open: false } });

try {
  const origin = server.resolvedUrls?.local[0] ?? "";
  const { browser } = await openPage("about:blank");
  const chromium = browser.version();
  await browser.close();
  console.log(`## Benchmarks, ${new Date().toISOString().slice(0, 10)}\n`);
  console.log(
    `${cpus()[0].model}, ${availableParallelism()} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, ${type()} ${release()}; Chromium ${chromium}, onnxruntime-web ${versionOf("onnxruntime-web")}, Node ${process.versions.node}. Medians of runs in turn.`,
  );
  for (const [, section] of wanted) {
    await section({
      origin,
      repeats: values.repeats ? Number(values.repeats) : undefined,
      tokens: values.tokens?.split(",").map(Number),
    });
  }
} finally {
  await server.close();
  rmSync(outDir, { recursive: true });
}
