/** @param {readonly number[]} values @returns {number} */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Runs the tasks in turn, A B A B …, so that what else the machine does meets them all alike.
 *
 * @param {number} repeats
 * @param {readonly ((turn: number) => Promise<number>)[]} tasks each resolves to its own milliseconds
 * @returns {Promise<number[]>} the median of each
 */
export async function inTurn(repeats, tasks) {
  /** @type {number[][]} */
  const elapsed = tasks.map(() => []);
  for (let turn = 0; turn < repeats; ++turn) {
    for (const [i, task] of tasks.entries()) {
      elapsed[i].push(await task(turn));
      // The threads of one go to sleep before the other begins.
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return elapsed.map(median);
}

/**
 * Tokens for one turn: a window of the text that starts elsewhere each time, since the engine keeps what
 * it read of the tokens that two prompts begin with.
 *
 * @param {readonly number[]} text
 * @param {number} count
 * @param {number} turn
 */
export const windowOf = (text, count, turn) =>
  Array.from({ length: count }, (_, i) => text[(turn * 7 + i) % text.length]);
