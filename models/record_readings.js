// Makes public/recorded/*.json, the readings that are on screen before any model is loaded:
//
//     npm run record
//
// The page itself reads each prompt of src/state/examples.json on wasm, with both lenses.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { chromium } from "playwright";
import { build, preview } from "vite";

import { chromiumArgs, executablePath, howToGetChromium } from "../.ci/chromium.js";

if (!executablePath) {
  console.error(howToGetChromium);
  process.exit(1);
}

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = `${root}public/recorded/`;
const examples = JSON.parse(readFileSync(`${root}src/state/examples.json`, "utf8"));
mkdirSync(folder, { recursive: true });

await build({ root, logLevel: "error" });
const server = await preview({ root, preview: { port: 0, open: false } });
const browser = await chromium.launch({ executablePath, args: chromiumArgs });
try {
  const page = await browser.newPage();
  await page.goto(`${server.resolvedUrls?.local[0]}?backend=wasm`);
  for (const { name, prompt } of examples) {
    const readings = [];
    for (const lens of ["tuned", "logit"]) {
      readings.push(
        await page.evaluate(([text, lens]) => window.midthought.read(text, { lens }), [prompt, lens]),
      );
    }
    const json = JSON.stringify(readings);
    writeFileSync(`${folder}${name}.json`, json);
    const gzipped = gzipSync(json, { level: 9 }).length;
    console.log(`${name}: ${readings[0].tokens.length} tokens, ${gzipped} bytes gzipped`);
  }
} finally {
  await browser.close();
  await server.close();
}
