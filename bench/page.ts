import { wrap } from "comlink";

import { connectEngine } from "../src/engine/client";
import { createWllama } from "./wllama";
import type { BenchWorker } from "./worker";

/** What `run.js` calls in the page. */
const bench = {
  /** The engine as the app has it, in a worker of its own. */
  connectEngine,
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
