import { openApp, openBench } from "../browser.js";
import { inTurn, median } from "../measure.js";
import { progress, ratio, report, seconds } from "../report.js";

/** Words that are one token each, also at the start of a prompt. */
const words = "one two three four five six seven eight nine ten".split(" ");

/** @param {import("../run.js").Context} context */
export async function page({ origin, repeats = 5, tokens = [16, 64] }) {
  const app = await openApp(origin);
  const bench = await openBench(origin);
  const rows = [];
  for (const count of tokens) {
    progress(`click to the painted rows, ${count} tokens`);
    /** @type {number[]} */
    const firsts = [];
    const before = rows.length * repeats;
    const [last, bare] = await inTurn(repeats, [
      async (turn) => {
        const painted = await click(app.page, promptOf(count, before + turn), count);
        firsts.push(painted.first);
        return painted.last;
      },
      async (turn) => {
        const ids = await app.page.evaluate(
          (prompt) => window.midthought.tokenize(prompt),
          promptOf(count, before + turn),
        );
        return bench.page.evaluate((ids) => window.bench.worker.read(ids), ids);
      },
    ]);
    const first = median(firsts);
    rows.push([
      String(count),
      seconds(first),
      seconds(last),
      ratio(first, last),
      seconds(bare),
      ratio(last, bare),
    ]);
  }
  await app.browser.close();
  await bench.browser.close();
  report(
    "Click to the first painted row and to the last",
    `From a click on Read to the frame after the one that shows the output row of the new prompt, and to the one after every cell in view is there; against the same reading in a worker with no page, ${bench.info.threads} threads.`,
    ["tokens", "first row", "last row", "first/last", "no page", "last/no page"],
    rows,
  );
}

/**
 * A prompt of so many tokens; each read's begins with another word than the one before it.
 *
 * @param {number} count
 * @param {number} read
 */
const promptOf = (count, read) =>
  Array.from({ length: count }, (_, i) => words[(read + i) % words.length]).join(" ");

/**
 * Types a prompt, clicks Read and watches the table.
 *
 * @param {import("playwright").Page} page
 * @param {string} prompt
 * @param {number} tokens
 * @returns {Promise<{ first: number, last: number }>} milliseconds after the click
 */
async function click(page, prompt, tokens) {
  await page.getByRole("textbox", { name: "Prompt" }).fill(prompt);
  const button = await page.getByRole("button", { name: "Read", exact: true }).elementHandle();
  return page.evaluate(
    ({ button, start, tokens }) => {
      /** The cell at a row's first position shows the new prompt, and is computed. */
      const shows = (/** @type {string} */ row, /** @type {string} */ name) => {
        const label = document
          .querySelector(`[role=gridcell][data-row="${row}"][data-position="0"]`)
          ?.getAttribute("aria-label");
        return label?.startsWith(`${name}, after "${start}": "`) ?? false;
      };
      const isWhole = () =>
        shows("0", "layer 0") &&
        !document.querySelector("[role=gridcell].is-waiting") &&
        document.querySelector("[role=status]")?.textContent?.includes(` ${tokens} tokens, `);
      return new Promise((resolve) => {
        const started = performance.now();
        let first = Number.NaN;
        // What is seen before a frame is painted with it, so the time is the next frame's.
        const look = () => {
          if (Number.isNaN(first) && shows("30", "output")) {
            requestAnimationFrame(() => {
              first = performance.now() - started;
            });
          }
          if (!isWhole()) return requestAnimationFrame(look);
          requestAnimationFrame(() => resolve({ first, last: performance.now() - started }));
        };
        button?.click();
        look();
      });
    },
    { button: /** @type {HTMLElementHandle} */ (button), start: prompt.split(" ")[0], tokens },
  );
}

/** @typedef {import("playwright").ElementHandle<HTMLElement>} HTMLElementHandle */
