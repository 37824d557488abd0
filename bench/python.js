import { spawn } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const model = new URL("../models/smollm2-135m-instruct/", import.meta.url);

/** Puts the bundled model's parts together for Python; returns the path of the file. */
export function writeModel(/** @type {string} */ folder) {
  const gguf = join(folder, "model.gguf");
  const parts = readdirSync(model)
    .filter((name) => name.includes(".gguf.part"))
    .sort();
  writeFileSync(gguf, Buffer.concat(parts.map((name) => readFileSync(new URL(name, model)))));
  return gguf;
}

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
