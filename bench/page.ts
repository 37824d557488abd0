import { wrap } from "comlink";

import { createWllama } from "./wllama";
import type { BenchWorker } from "./worker";

/** What `run.js` calls in the page. */
const bench = {
  worker: wrap<BenchWorker>(
    new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "bench" }),
  ),
  createWllama,
};

declare global {
  interface Window {
    bench: typeof bench;
  }
}

window.bench = bench;
