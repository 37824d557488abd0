import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "vite";

import { openApp, openPage } from "../browser.js";
import { median } from "../measure.js";
import { progress, ratio, report, seconds } from "../report.js";

/** @typedef {import("playwright").Page} Page */

const root = fileURLToPath(new URL("../..", import.meta.url));
const milliseconds = (/** @type {number} */ ms) => `${ms.toFixed(1)} ms`;

/** What a visitor feels: the first paint, pointing, scrolling. */
export async function feel(/** @type {import("../run.js").Context} */ context) {
  await firstPaint(context);
  await moving(context);
  await longestTask(context);
}

async function firstPaint(/** @type {import("../run.js").Context} */ { origin, repeats = 5 }) {
  /** @type {{ paint: number, recorded: number, own: number, shift: number }[]} */
  const visits = [];
  for (let visit = 0; visit < repeats; ++visit) {
    progress(`opening the page, ${visit + 1} of ${repeats}`);
    const { browser, page } = await openPage("about:blank");
    await page.addInitScript(() => {
      const seen = { recorded: Number.NaN, own: Number.NaN, shift: 0 };
      Object.assign(window, { seen });
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) seen.shift += /** @type {any} */ (entry).value;
      }).observe({ type: "layout-shift", buffered: true });
      const look = () => {
        const now = () => performance.now();
        const cells = document.querySelectorAll("[role=gridcell]").length;
        if (Number.isNaN(seen.recorded) && cells === 310) {
          requestAnimationFrame(() => {
            seen.recorded = now();
          });
        }
        if (/ s\.\s*$/.test(document.querySelector("[role=status]")?.textContent ?? "")) {
          seen.own = now();
          return;
        }
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
    await page.goto(`${origin}?backend=wasm`);
    await page.waitForFunction(() => !Number.isNaN(/** @type {any} */ (window).seen.own));
    visits.push(
      await page.evaluate(() => ({
        .../** @type {any} */ (window).seen,
        paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
      })),
    );
    await browser.close();
  }
  const of = (/** @type {"paint" | "recorded" | "own" | "shift"} */ name) =>
    median(visits.map((visit) => visit[name]));
  report(
    "Opening the page",
    "A fresh browser and an empty cache, from localhost: until anything is painted, until the recorded reading is, and until the same prompt was read on this machine, the load included. Goal: the recorded reading in less than 1 s, and nothing that moves.",
    ["first paint", "recorded reading", "own reading", "recorded/own", "layout shift"],
    [
      [
        seconds(of("paint")),
        seconds(of("recorded")),
        seconds(of("own")),
        ratio(of("recorded"), of("own")),
        of("shift").toFixed(4),
      ],
    ],
  );
  // The page by itself: what the benches open has their own scripts beside it.
  const outDir = mkdtempSync(join(tmpdir(), "midthought-size-"));
  await build({ root, logLevel: "error", build: { outDir, emptyOutDir: true } });
  const assets = join(outDir, "assets");
  const sizeOf = (/** @type {RegExp} */ wanted) =>
    readdirSync(assets)
      .filter((name) => wanted.test(name))
      .reduce((sum, name) => sum + gzipSync(readFileSync(join(assets, name))).length, 0);
  const kilobytes = (/** @type {number} */ bytes) => `${Math.round(bytes / 1000)} kB`;
  report(
    "The page's code",
    "Gzipped, without wasm and weights: scripts of the page, of the worker with all that it may load, styles, and the font's latin part. Goal: at most 600 kB together.",
    ["page", "worker", "styles", "font", "together"],
    [
      [
        kilobytes(sizeOf(/^(index|ExportMenu|readingJson)-.*\.js$/)),
        kilobytes(sizeOf(/^(?!(index|ExportMenu|readingJson)-).*\.m?js$/)),
        kilobytes(sizeOf(/^index-.*\.css$/)),
        kilobytes(sizeOf(/sans-latin-wght.*woff2$/)),
        kilobytes(sizeOf(/\.(m?js|css)$|sans-latin-wght.*woff2$/)),
      ],
    ],
  );
  rmSync(outDir, { recursive: true });
}

async function moving(/** @type {import("../run.js").Context} */ { origin }) {
  const { browser, page } = await openApp(origin);
  const rows = [];
  for (const count of [10, 256]) {
    progress(`pointing and scrolling over ${count} columns`);
    await page.evaluate(
      (count) =>
        window.midthought.read(
          Array.from({ length: count }, (_, i) => 1000 + i),
          { lens: "tuned" },
        ),
      count,
    );
    await page.waitForTimeout(count * 60); // the logit lens's reading is whole by then
    const point = await work(page, browser, async () => {
      for (let i = 0; i < 40; ++i) {
        await page.mouse.move(150 + 17 * i, 380 + 11 * i);
        await page.waitForTimeout(40);
      }
    });
    const scroll =
      count > 10
        ? await work(page, browser, async () => {
            await page.mouse.move(600, 500);
            for (let i = 0; i < 40; ++i) {
              await page.mouse.wheel(i < 20 ? -300 : 300, 0);
              await page.waitForTimeout(30);
            }
          })
        : null;
    rows.push([
      String(count),
      milliseconds(median(point)),
      milliseconds(Math.max(...point)),
      scroll ? milliseconds(median(scroll)) : "–",
      scroll ? milliseconds(Math.max(...scroll)) : "–",
      scroll ? ratio(Math.max(...scroll), 1000 / 60) : "–",
    ]);
  }
  await browser.close();
  report(
    "Pointing at cells, and scrolling sideways",
    "Time of the page's main thread a frame in which it did anything, by its own clock: script, style, layout and paint together. A frame has 16.7 ms. Goal: pointing in less than 16 ms.",
    ["columns", "pointing", "at most", "scrolling", "at most", "most/frame"],
    rows,
  );
}

async function longestTask(/** @type {import("../run.js").Context} */ { origin, repeats = 3 }) {
  /** @type {number[]} */
  const longest = [];
  for (let visit = 0; visit < repeats; ++visit) {
    progress(`the longest task, ${visit + 1} of ${repeats}`);
    const { browser, page } = await openPage("about:blank");
    const says = (/** @type {string} */ what) =>
      page.waitForFunction(
        (what) => document.querySelector("[role=status]")?.textContent?.includes(what),
        what,
      );
    const tasks = await tasksOf(page, browser, async () => {
      await page.goto(`${origin}?backend=wasm`);
      await says("10 tokens, 31 rows, ");
      await page.fill("#prompt", "one two three four five six seven eight ".repeat(32).trim());
      await says("256 tokens, 31 rows, ");
      for (const lens of ["logit", "tuned"]) {
        await page.getByRole("radio", { name: lens }).check();
        await says(`the ${lens} lens`);
      }
    });
    longest.push(Math.max(...tasks.map(({ ms }) => ms)));
    await browser.close();
  }
  report(
    "The longest task",
    "Of the page's main thread, by its own time, from the first byte over the load and the example to a prompt of 256 tokens and both lenses of it. Goal: at most 50 ms.",
    ["longest", "at most", "longest/50 ms"],
    [
      [
        milliseconds(median(longest)),
        milliseconds(Math.max(...longest)),
        ratio(median(longest), 50),
      ],
    ],
  );
}

/**
 * Milliseconds of the main thread in each frame meanwhile, of frames in which something was drawn.
 *
 * @param {Page} page
 * @param {import("playwright").Browser} browser
 * @param {() => Promise<void>} meanwhile
 */
async function work(page, browser, meanwhile) {
  /** @type {Map<number, number>} */
  const frames = new Map();
  for (const { at, ms } of await tasksOf(page, browser, meanwhile)) {
    const frame = Math.floor((at * 60) / 1000);
    frames.set(frame, (frames.get(frame) ?? 0) + ms);
  }
  return [...frames.values()].filter((ms) => ms > 1);
}

/**
 * The tasks of the page's main thread meanwhile: when, and how long by the thread's own time, which
 * does not count its waits while the model takes every core; milliseconds.
 *
 * @param {Page} page
 * @param {import("playwright").Browser} browser
 * @param {() => Promise<void>} meanwhile
 * @returns {Promise<{ at: number, ms: number }[]>}
 */
async function tasksOf(page, browser, meanwhile) {
  await browser.startTracing(page, { categories: ["toplevel", "blink.user_timing"] });
  await meanwhile();
  await page.evaluate(() => performance.mark("here")); // says which thread is the page's
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const here = traceEvents.find((/** @type {any} */ { name }) => name === "here");
  return traceEvents
    .filter(
      (/** @type {any} */ { name, pid, tid }) =>
        name.endsWith("RunTask") && pid === here.pid && tid === here.tid,
    )
    .map((/** @type {any} */ { ts, tdur = 0 }) => ({ at: ts / 1000, ms: tdur / 1000 }));
}
