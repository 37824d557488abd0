import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { chromium } from "playwright";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
const fixed = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"];

/**
 * The browser that tests and benches run in: `CHROME_PATH`, Playwright's own, or the system's.
 *
 * @returns {string | null} its executable
 */
function findChromium() {
  const onPath = (process.env.PATH ?? "")
    .split(delimiter)
    .flatMap((folder) => names.map((name) => join(folder, name)));
  const candidates = [process.env.CHROME_PATH, chromium.executablePath(), ...onPath, ...fixed];
  return candidates.find((path) => path && existsSync(path)) ?? null;
}

export const executablePath = findChromium();

export const howToGetChromium =
  "No Chromium found: run `npx playwright install chromium`, or install your system's `chromium`, or set CHROME_PATH.";

/** Quiet, and with WebGPU in software, so that the kernels run on a machine without a GPU. */
export const chromiumArgs = [
  "--no-sandbox",
  "--enable-unsafe-webgpu",
  "--use-webgpu-adapter=swiftshader",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
