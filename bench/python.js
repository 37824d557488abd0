import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/**
 * A Python script that answers lines of JSON with lines of JSON, the first of them unasked.
 *
 * @param {string} executable
 * @param {string} script beside this file
 * @param {readonly string[]} args
 */
export function startPython(executable, script, args) {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(executable, [path, ...args], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, TQDM_DISABLE: "1" },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    /** @returns {Promise<any>} */
    async answer() {
      const { value, done } = await lines.next();
      if (done) throw new Error("Python ended: see above.");
      return JSON.parse(value);
    },
    ask: (/** @type {unknown} */ question) => child.stdin.write(`${JSON.stringify(question)}\n`),
    stop: () => child.stdin.end(),
  };
}
