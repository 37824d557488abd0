import { openBench } from "../browser.js";
import { inTurn, median, windowOf } from "../measure.js";
import { progress, ratio, report, seconds } from "../report.js";

/** @param {import("../run.js").Context} context */
export async function typing({ origin, repeats = 7, tokens = [16, 64] }) {
  const { browser, page, info } = await openBench(origin);
  const engine = await page.evaluateHandle(async () => {
    const engine = window.bench.connectEngine();
    await engine.load("wasm", () => {});
    return engine;
  });

  /**
   * Reads one prompt and then, timed, another: milliseconds until a reading shows its last token in every
   * row, and until all of it is read.
   *
   * @param {readonly number[]} before
   * @param {readonly number[]} ids
   */
  const readAfter = (before, ids) =>
    engine.evaluate(
      async (engine, { before, ids }) => {
        await engine.read({ prompt: before, lens: "tuned" }, () => {});
        const started = performance.now();
        let column = Number.NaN;
        await engine.read({ prompt: ids, lens: "tuned" }, ({ rows, tokens, statistics }) => {
          const isThere = rows.every(
            (_, row) => !Number.isNaN(statistics.entropy[(row + 1) * tokens.length - 1]),
          );
          if (isThere && Number.isNaN(column)) column = performance.now() - started;
        });
        return { column, whole: performance.now() - started };
      },
      { before, ids },
    );

  const rows = [];
  for (const count of tokens) {
    progress(`a token typed after ${count - 1}`);
    /** @type {number[]} */
    const wholes = [];
    const tasks = [
      async (/** @type {number} */ turn) => {
        const ids = windowOf(info.ids, count, turn);
        const { column, whole } = await readAfter(ids.slice(0, -1), ids);
        wholes.push(whole);
        return column;
      },
      async (/** @type {number} */ turn) => {
        const [first, ...rest] = windowOf(info.ids, count, turn);
        const { whole } = await readAfter([(first + 1) % info.vocab], [first, ...rest]);
        return whole;
      },
    ];
    await inTurn(1, tasks);
    wholes.length = 0;
    const [column, anew] = await inTurn(repeats, tasks);
    const whole = median(wholes);
    rows.push([
      String(count),
      seconds(column),
      seconds(whole),
      seconds(anew),
      ratio(column, anew),
      ratio(whole, anew),
    ]);
  }
  await browser.close();
  report(
    "A token typed at the end",
    `From read() of a prompt that is one token longer than the last one to the reading that shows that token in all rows, and to the whole reading, which says anew what the token before it gave the new one; against reading the same prompt with nothing kept. The page's client and its worker, ${info.threads} threads, nothing drawn. Goal: the new column in less than 0.2 s.`,
    ["tokens", "new column", "whole", "read anew", "column/anew", "whole/anew"],
    rows,
  );
}
