import { LoggerWithoutDebug, type RawCompletionParams, Wllama } from "@wllama/wllama/esm/index.js";
import wasm from "@wllama/wllama/esm/wasm/wllama.wasm?url";

import { invariant } from "../src/errors";

const parts: Readonly<Record<string, string>> = import.meta.glob(
  "../models/smollm2-135m-instruct/model.gguf.part*",
  { query: "?url", import: "default", eager: true },
);

/** Options that llama.cpp's server takes and the type does not know. */
type Completion = RawCompletionParams & { readonly stream: false; readonly cache_prompt: boolean };

/**
 * The peer of the forward pass: llama.cpp in wasm, with the same file and threads.
 *
 * @returns a function that evaluates a prompt with an empty cache: milliseconds by llama.cpp's own
 *   clock, logits of the last token included
 */
export async function createWllama(
  threads: number,
): Promise<(text: string, tokens: number) => Promise<number>> {
  const names = Object.keys(parts).sort();
  const blobs = names.map(async (name) => (await fetch(parts[name])).blob());
  const wllama = new Wllama(
    { default: wasm },
    { suppressNativeLog: true, logger: LoggerWithoutDebug },
  );
  wllama.setCompat(null);
  await wllama.loadModel([new Blob(await Promise.all(blobs))], {
    n_threads: threads,
    n_ctx: 1024,
    n_parallel: 1,
    n_gpu_layers: 0,
  });
  invariant(wllama.getNumThreads() === threads, "wllama runs with other threads");

  return async (text, tokens) => {
    const completion: Completion = {
      prompt: text,
      max_tokens: 1,
      temperature: 0,
      stream: false,
      cache_prompt: false,
    };
    const { timings } = await wllama.createCompletion(completion);
    invariant(timings?.prompt_n === tokens, "wllama evaluated another number of tokens");
    return timings.prompt_ms;
  };
}
