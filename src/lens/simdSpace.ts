import { invariant, TrainingError } from "../errors";
import { adam, beta1, beta2, epsilon, factorsOf } from "./adam";
import bytes from "./optimizer.wat";
import type { ParameterSpace } from "./parameterSpace";

/** Floats that a vector instruction takes at once. */
export const lanes = 4;
/** Floats of a gradient that are copied in at a time: few enough to be in the cache when they are read. */
const stagedFloats = 2 ** 16;
const bytesPerFloat = 4;
/** What WebAssembly counts memory in, and the most it has. */
const [pageBytes, mostPages] = [2 ** 16, 2 ** 16];

/** What `optimizer.wat` exports. */
type Passes = {
  adam(
    ...arguments_: [
      ...[parameters: number, gradient: number, means: number, squares: number, count: number],
      ...[scale: number, kept: number, stepSize: number, squareScale: number],
      ...[meanShare: number, squareKept: number, squareShare: number, epsilon: number],
    ]
  ): void;
  moveToward(average: number, values: number, count: number, share: number): void;
};

let compiled: WebAssembly.Module | null = null;

/**
 * Float32 arrays in the memory of a WebAssembly module, whose vector instructions pass over them: a
 * seventh of the time that JavaScript takes.
 *
 * @param floats of all arrays together, whose lengths are multiples of 4
 * @throws TrainingError if the browser does not give as much
 */
export function openSimdSpace(floats: number): ParameterSpace {
  const memory = allocate(bytesPerFloat * (stagedFloats + floats));
  compiled ??= new WebAssembly.Module(bytes);
  const instance = new WebAssembly.Instance(compiled, { space: { memory } });
  const passes = instance.exports as Passes;
  const staged = new Float32Array(memory.buffer, 0, stagedFloats);
  let end = staged.byteLength;

  return {
    allocate(length) {
      invariant(length % lanes === 0, `an array of ${length} floats is no whole number of vectors`);
      const array = new Float32Array(memory.buffer, end, length);
      end += array.byteLength;
      return array;
    },
    adam: {
      ...adam,
      step(parameters, gradient, [means, squares], options) {
        const { kept, stepSize, squareScale } = factorsOf(options);
        for (let at = 0; at < parameters.length; at += stagedFloats) {
          const part = gradient.subarray(at, at + stagedFloats);
          staged.set(part);
          const offset = ({ byteOffset }: { byteOffset: number }) =>
            byteOffset + bytesPerFloat * at;
          passes.adam(
            ...[offset(parameters), 0, offset(means), offset(squares), part.length],
            ...[options.scale, kept, stepSize, squareScale],
            ...[1 - beta1, beta2, 1 - beta2, epsilon],
          );
        }
      },
    },
    moveToward(average, values, share) {
      passes.moveToward(average.byteOffset, values.byteOffset, average.length, share);
    },
  };
}

function allocate(byteLength: number): WebAssembly.Memory {
  const pages = Math.ceil(byteLength / pageBytes);
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: Math.min(pages, mostPages) });
  } catch {
    throw new TrainingError(
      `The training needs ${Math.ceil(byteLength / 1e6)} MB of memory in one piece for the lens and its optimiser, which this browser does not give. Close other tabs, or train fewer layers, or biases only.`,
    );
  }
}
