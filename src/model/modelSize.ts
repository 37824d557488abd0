import { UnsupportedError } from "../errors";
import type { ModelConfig } from "./config";
import { blockWeights } from "./weightShapes";

/** All that a wasm session can address. */
const wasmBytes = 2 ** 32;
/** More than a page gets from a browser, wherever its numbers are then put. */
const pageBytes = 2 ** 34;

/** What the sessions of a model hold: its blocks and its unembedding as float32, in bytes. */
export function sessionBytes(config: ModelConfig): number {
  const { required } = blockWeights(config);
  let numbers = config.vocab * config.dModel;
  for (const shape of Object.values(required)) {
    numbers += config.nLayers * shape.reduce((product, size) => product * size, 1);
  }
  return 4 * numbers;
}

/** @throws UnsupportedError with both sizes if no browser has the memory for such a model */
export function checkPageMemory(config: ModelConfig): void {
  const bytes = sessionBytes(config);
  if (bytes <= pageBytes) return;
  throw new UnsupportedError(
    `This model is ${gigabytes(bytes)} GB of float32 numbers, and a page gets ${gigabytes(pageBytes)} GB at most. Open a smaller model.`,
  );
}

/** @throws UnsupportedError with both sizes if the model can be read on a GPU only */
export function checkWasmMemory(config: ModelConfig): void {
  const bytes = sessionBytes(config);
  if (bytes <= wasmBytes) return;
  throw new UnsupportedError(
    `This model is ${gigabytes(bytes)} GB of float32 numbers, and without the GPU there is room for ${gigabytes(wasmBytes)} GB. Open a smaller model, or use a browser with WebGPU.`,
  );
}

const number = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const gigabytes = (bytes: number) => number.format(bytes / 1e9);
