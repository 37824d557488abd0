import { FormatError } from "../errors";
import { printable } from "../math/printable";
import {
  dequantizeQ4_0,
  dequantizeQ4_1,
  dequantizeQ4K,
  dequantizeQ5K,
  dequantizeQ6K,
  dequantizeQ8_0,
} from "./dequantize";
import { bfloatsToFloats, copyFloats, doublesToFloats, halvesToFloats } from "./half";

/** How numbers of one dtype lie in bytes: in blocks, a row being a whole number of them. */
export type Encoding = {
  /** Numbers in a block. */
  readonly blockSize: number;
  readonly blockBytes: number;
  /** Fills `values` from `bytes`, which hold as many whole blocks as `values` needs. */
  readonly decode: (bytes: Uint8Array, values: Float32Array) => void;
};

/** Every dtype that is read as float32 (F64 is rounded to it), by the name that both GGUF and safetensors give it. */
export const encodings: ReadonlyMap<string, Encoding> = new Map([
  ["F32", { blockSize: 1, blockBytes: 4, decode: copyFloats }],
  ["F16", { blockSize: 1, blockBytes: 2, decode: halvesToFloats }],
  ["BF16", { blockSize: 1, blockBytes: 2, decode: bfloatsToFloats }],
  ["F64", { blockSize: 1, blockBytes: 8, decode: doublesToFloats }],
  ["Q8_0", { blockSize: 32, blockBytes: 34, decode: dequantizeQ8_0 }],
  ["Q4_0", { blockSize: 32, blockBytes: 18, decode: dequantizeQ4_0 }],
  ["Q4_1", { blockSize: 32, blockBytes: 20, decode: dequantizeQ4_1 }],
  ["Q4_K", { blockSize: 256, blockBytes: 144, decode: dequantizeQ4K }],
  ["Q5_K", { blockSize: 256, blockBytes: 176, decode: dequantizeQ5K }],
  ["Q6_K", { blockSize: 256, blockBytes: 210, decode: dequantizeQ6K }],
]);

/** @throws FormatError that names the tensor and what is read, if its dtype is not */
export function findEncoding(name: string, dtype: string): Encoding {
  const encoding = encodings.get(dtype);
  if (encoding) return encoding;
  const read = [...encodings.keys()].join(", ");
  throw new FormatError(
    `Tensor ${printable(name)} is stored as ${printable(dtype)}, which is not read here; ${read} are.`,
  );
}
