import { Worker } from "node:worker_threads";

/** After this long in one drop, there is no coming back. */
const patienceMs = 60_000;

/** Watches from a thread of its own, since what hangs cannot say so: it names the drop, and ends the process. */
const watching = `
  const { workerData: { cell, seed, patienceMs } } = require("node:worker_threads");
  const { writeSync } = require("node:fs");
  let [last, since] = [-1, Date.now()];
  setInterval(() => {
    const now = Atomics.load(cell, 0);
    if (now !== last) [last, since] = [now, Date.now()];
    else if (now >= 0 && Date.now() - since > patienceMs) {
      writeSync(2, "\\nFUZZ_ONLY=" + seed + ":" + now + " hangs: npm run fuzz with it goes there at once.\\n");
      process.kill(process.pid, "SIGKILL");
    }
  }, 1000);
`;

/** Call `at` with each drop's number before it is opened, and `stop` at the end. */
export function startWatchdog(seed: number) {
  const cell = new Int32Array(new SharedArrayBuffer(4)).fill(-1);
  const worker = new Worker(watching, { eval: true, workerData: { cell, seed, patienceMs } });
  worker.unref();
  return {
    at: (index: number) => void Atomics.store(cell, 0, index),
    stop: () => void worker.terminate(),
  };
}
