import { type GGUFParseOutput, gguf } from "@huggingface/gguf";

import { FormatError } from "../errors";
import { printable } from "../math/printable";
import { encodings } from "./encoding";
import { createTensorFile, elementCount, type StoredTensor, type TensorFile } from "./tensorFile";

/** What the parser asks for at a time; it reads one chunk ahead at most. */
const chunkBytes = 2_000_000;

/** ggml's tensors have names of 64 bytes. They are quoted in errors. */
const maxNameLength = 256;

/**
 * ggml's names of its tensor types, `ggml_type` in llama.cpp `ggml/include/ggml.h`; the numbers
 * that are missing were given up.
 */
const typeNames: Readonly<Record<number, string>> = {
  0: "F32",
  1: "F16",
  2: "Q4_0",
  3: "Q4_1",
  6: "Q5_0",
  7: "Q5_1",
  8: "Q8_0",
  9: "Q8_1",
  10: "Q2_K",
  11: "Q3_K",
  12: "Q4_K",
  13: "Q5_K",
  14: "Q6_K",
  15: "Q8_K",
  16: "IQ2_XXS",
  17: "IQ2_XS",
  18: "IQ3_XXS",
  19: "IQ1_S",
  20: "IQ4_NL",
  21: "IQ3_S",
  22: "IQ2_S",
  23: "IQ4_XS",
  24: "I8",
  25: "I16",
  26: "I32",
  27: "I64",
  28: "F64",
  29: "IQ1_M",
  30: "BF16",
  34: "TQ1_0",
  35: "TQ2_0",
  39: "MXFP4",
};

/**
 * The tensors and metadata of a GGUF file, whose bytes are referred to and not copied.
 *
 * Metadata integers of 64 bits are numbers where they fit, bigints where not.
 *
 * @throws FormatError if the file is truncated or its header does not describe its bytes
 */
export async function openGguf(bytes: Uint8Array): Promise<TensorFile> {
  const { metadata, tensorInfos, littleEndian, tensorInfoByteRange } = await parseHeader(bytes);
  if (!littleEndian) throw new FormatError("This GGUF file is big-endian, which is not read here.");
  // The parser fills up what it is missing with zeros, so that the end of a truncated header parses.
  if (tensorInfoByteRange[1] > bytes.length) throw truncated(bytes);

  const entries = Object.entries(metadata).map(([key, value]) => [key, asNumber(value)] as const);
  if (entries.length !== Number(metadata.kv_count) + 3) {
    throw new FormatError("The GGUF header is damaged: it names a metadata key twice.");
  }
  const values = new Map<string, unknown>(entries);
  const data = bytes.subarray(dataStart(tensorInfoByteRange[1], values.get("general.alignment")));

  const tensors = new Map<string, StoredTensor>();
  for (const { name, shape, dtype: type, offset } of tensorInfos) {
    if (name.length > maxNameLength) {
      throw new FormatError(`The GGUF header holds a name that is too long: ${printable(name)}.`);
    }
    if (tensors.has(name)) {
      throw new FormatError(
        `The GGUF header is damaged: it names tensor ${printable(name)} twice.`,
      );
    }
    const dtype = typeNames[type] ?? `type ${type}`;
    const sizes = shape.map(Number).reverse();
    const size = storedBytes(name, dtype, sizes);
    // Of a type that is not read, only the start is known.
    const end = Number(offset) + (size ?? 0);
    if (end > data.length) {
      throw new FormatError(
        `The GGUF file is truncated: ${printable(name)} ends at byte ${end} of the data, which has ${data.length}.`,
      );
    }
    tensors.set(name, { dtype, shape: sizes, bytes: data.subarray(Number(offset), end) });
  }
  return createTensorFile(values, tensors);
}

async function parseHeader(bytes: Uint8Array): Promise<GGUFParseOutput<{ strict: false }>> {
  const magic = new TextDecoder("latin1").decode(bytes.subarray(0, 4));
  if (magic !== "GGUF") throw new FormatError("This is no GGUF file: it does not begin with GGUF.");
  const fetch = async (_: unknown, init?: RequestInit) => {
    const range = new Headers(init?.headers).get("Range");
    const start = Number(range?.match(/^bytes=(\d+)-/)?.[1]);
    if (start >= bytes.length + chunkBytes) throw truncated(bytes);
    return new Response(bytes.slice(start, start + chunkBytes));
  };
  try {
    return await gguf("https://memory.invalid/model.gguf", { fetch });
  } catch (error) {
    if (error instanceof FormatError) throw error;
    if (error instanceof RangeError) throw truncated(bytes);
    const reason = error instanceof Error ? error.message : `${error}`;
    throw new FormatError(`The GGUF header is damaged: ${printable(reason)}.`);
  }
}

/** Where the data begins: the header's end, rounded up. */
function dataStart(headerEnd: number, alignment: unknown = 32): number {
  if (typeof alignment !== "number" || !Number.isSafeInteger(alignment) || alignment < 1) {
    throw new FormatError(
      "The GGUF header is damaged: general.alignment is not a positive integer.",
    );
  }
  return Math.ceil(headerEnd / alignment) * alignment;
}

/** The bytes that a tensor takes; null where its type is not read here. */
function storedBytes(name: string, dtype: string, shape: readonly number[]): number | null {
  const count = elementCount(shape);
  const columns = shape.at(-1) ?? 1;
  const encoding = encodings.get(dtype);
  const blockSize = encoding?.blockSize ?? 1;
  if (Number.isNaN(count) || columns % blockSize !== 0) {
    throw new FormatError(
      `The GGUF header is damaged: ${printable(name)} is ${dtype} of shape [${shape.join(", ")}].`,
    );
  }
  return encoding ? (count / encoding.blockSize) * encoding.blockBytes : null;
}

const truncated = (bytes: Uint8Array) =>
  new FormatError(
    `The GGUF file is truncated: its header does not end within ${bytes.length} bytes.`,
  );

function asNumber(value: unknown): unknown {
  const isSmall = typeof value === "bigint" && Number.isSafeInteger(Number(value));
  return isSmall ? Number(value) : value;
}
