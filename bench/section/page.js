import { openApp, openBench } from "../browser.js";
import { inTurn, median } from "../measure.js";
import { progress, ratio, report, seconds } from "../report.js";

/** Words that are one token each, also at the start of a prompt. */
const words = "one two three four five six seven eight nine ten".split(" ");

/** @param {import("../run.js").Context} context */
export async function page({ origin, repeats = 5, tokens = [16, 64] }) {
  const app = await openApp(origin);
  const bench = await openBench(origin);
  const whole = [];
  const typed = [];
  for (const count of tokens) {
    progress(`a prompt to the painted rows, ${count} tokens`);
    /** @type {number[]} */
    const firsts = [];
    const before = whole.length * repeats;
    const [last, bare] = await inTurn(repeats, [
      async (turn) => {
        const painted = await put(app.page, promptOf(count, before + turn), count);
        firsts.push(painted.first);
        await app.page.waitForTimeout(60 * count); // the logit lens's reading is whole by then
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
    whole.push([
      String(count),
      seconds(first),
      seconds(last),
      ratio(first, last),
      seconds(bare),
      ratio(last, bare),
    ]);

    progress(`a token typed after ${count}, to the paint`);
    /** @type {number[]} */
    const columns = [];
    for (let turn = 0; turn < repeats; ++turn) {
      await put(app.page, promptOf(count, turn), count);
      await app.page.waitForTimeout(100 * count);
      columns.push(await typeOne(app.page, ` ${words[(count + turn) % words.length]}`));
    }
    typed.push([String(count), seconds(median(columns)), ratio(median(columns), last)]);
  }
  await app.browser.close();
  await bench.browser.close();
  report(
    "A prompt to its first painted row and to its last",
    `From the text that is put into the box to the frame after the one that shows the output row of the new prompt, and to the one after every cell in view is there; against the same reading in a worker with no page, ${bench.info.threads} threads.`,
    ["tokens", "first row", "last row", "first/last", "no page", "last/no page"],
    whole,
  );
  report(
    "A token typed at the end, to the paint",
    "From the key to the frame after the one in which the new column is there in all 31 rows; against putting the whole prompt in anew. Goal: less than 0.25 s.",
    ["tokens before it", "new column", "column/anew"],
    typed,
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
 * Puts a prompt into the box, which is then read, and watches the heatmap.
 *
 * @param {import("playwright").Page} page
 * @param {string} prompt
 * @param {number} tokens
 * @returns {Promise<{ first: number, last: number }>} milliseconds
 */
const put = (page, prompt, tokens) =>
  page.evaluate(
    ({ prompt, end, tokens }) => {
      /** A row's cells show the new prompt, and are computed; long prompts show their end. */
      const shows = (/** @type {string} */ row) => {
        const grid = document.querySelector("[role=grid]");
        const cell = document.querySelector(`[role=gridcell][data-row="${row}"]`);
        const label = cell?.getAttribute("aria-label") ?? "not computed yet";
        const head = document.querySelector(`.head[data-position="${tokens - 1}"] span`);
        return (
          grid?.getAttribute("aria-colcount") === String(tokens + 1) &&
          head?.textContent?.endsWith(end) &&
          !label.endsWith("not computed yet")
        );
      };
      const isWhole = () =>
        shows("30") &&
        shows("0") &&
        !document.querySelector("[role=gridcell].is-waiting") &&
        document.querySelector("[role=status]")?.textContent?.includes(` ${tokens} tokens, `);
      return new Promise((resolve) => {
        const box = /** @type {HTMLTextAreaElement} */ (document.getElementById("prompt"));
        const started = performance.now();
        let first = Number.NaN;
        // What is seen before a frame is painted with it, so the time is the next frame's.
        const look = () => {
          if (Number.isNaN(first) && shows("30")) {
            requestAnimationFrame(() => {
              first = performance.now() - started;
            });
          }
          if (!isWhole()) return requestAnimationFrame(look);
          requestAnimationFrame(() => resolve({ first, last: performance.now() - started }));
        };
        box.value = prompt;
        box.dispatchEvent(new InputEvent("input", { bubbles: true }));
        requestAnimationFrame(look);
      });
    },
    { prompt, end: prompt.split(" ").at(-1) ?? "", tokens },
  );

/**
 * Adds a token to the text in the box: milliseconds until its column is painted.
 *
 * @param {import("playwright").Page} page
 * @param {string} text
 * @returns {Promise<number>}
 */
const typeOne = (page, text) =>
  page.evaluate(
    (text) =>
      new Promise((resolve) => {
        const box = /** @type {HTMLTextAreaElement} */ (document.getElementById("prompt"));
        const columns = () =>
          document.querySelector("[role=grid]")?.getAttribute("aria-colcount") ?? "";
        const before = columns();
        const started = performance.now();
        const look = () => {
          const cells = document.querySelectorAll(
            `[role=gridcell][aria-colindex="${columns()}"]:not(.is-waiting)`,
          );
          if (columns() === before || cells.length < 31) return requestAnimationFrame(look);
          requestAnimationFrame(() => resolve(performance.now() - started));
        };
        box.value += text;
        box.dispatchEvent(new InputEvent("input", { bubbles: true }));
        requestAnimationFrame(look);
      }),
    text,
  );
