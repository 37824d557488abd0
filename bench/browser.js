import { readFileSync, writeFileSync } from "node:fs";
import { chromium } from "playwright";

import { chromiumArgs, executablePath, howToGetChromium } from "../.ci/chromium.js";

/** @typedef {{ browser: import("playwright").Browser, page: import("playwright").Page }} Opened */

/**
 * A browser of its own with one page, so that a section's memory is its own.
 *
 * @param {string} url
 * @param {readonly string[]} args
 * @returns {Promise<Opened>}
 */
export async function openPage(url, args = chromiumArgs) {
  if (!executablePath) throw new Error(howToGetChromium);
  const browser = await chromium.launch({ executablePath, args: [...args] });
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.on("pageerror", (error) => console.error(error));
  await page.goto(url);
  return { browser, page };
}

/** @param {string} origin */
export async function openBench(origin) {
  const opened = await openPage(`${origin}bench/index.html`);
  const info = await opened.page.evaluate(() => window.bench.worker.info());
  return { ...opened, info };
}

/**
 * The app itself, its model loaded.
 *
 * @param {string} origin
 */
export async function openApp(origin) {
  const opened = await openPage(`${origin}?backend=wasm`);
  await opened.page.evaluate(() => window.midthought.ready);
  await opened.page.waitForFunction(() =>
    / s\.\s*$/.test(document.querySelector("[role=status]")?.textContent ?? ""),
  );
  return opened;
}

/**
 * Process ids of a browser: of its renderers (the page, its workers, and all that wasm holds), or all.
 *
 * @param {import("playwright").Browser} browser
 * @param {boolean} isAll
 * @returns {Promise<number[]>}
 */
export async function processes(browser, isAll = false) {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  return processInfo.filter(({ type }) => isAll || type === "renderer").map(({ id }) => id);
}

/**
 * Peak resident memory of some processes since they started or were reset, bytes; NaN where the
 * system does not say (it does on Linux).
 *
 * @param {readonly number[]} pids
 * @param {"VmHWM" | "VmRSS"} field the peak, or what it is now
 */
export function peakBytes(pids, field = "VmHWM") {
  let sum = 0;
  for (const pid of pids) {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      sum += 1024 * Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]);
    } catch {
      return Number.NaN;
    }
  }
  return sum;
}

/** Lets the peak of some processes begin anew; does nothing where the system has no such thing. */
export function resetPeak(/** @type {readonly number[]} */ pids) {
  for (const pid of pids) {
    try {
      writeFileSync(`/proc/${pid}/clear_refs`, "5");
    } catch {
      return;
    }
  }
}
