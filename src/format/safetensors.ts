import { FormatError } from "../errors";
import {
  createTensorFile,
  elementCount,
  findTensor,
  type StoredTensor,
  type TensorFile,
} from "./tensorFile";

export type Safetensors = TensorFile & {
  /** @throws FormatError if there is no such tensor, or it is not I32 */
  readInt32(name: string): Int32Array<ArrayBuffer>;
};

/** The bound that the format's own implementation sets on a header. */
const maxHeaderBytes = 100_000_000;

const elementBytes: Readonly<Record<string, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  I64: 8,
  U64: 8,
  F64: 8,
};

/**
 * The tensors of one `.safetensors` file, whose bytes are referred to and not copied.
 *
 * Format: 8 bytes of header length, a JSON header, tensors that fill the rest without gaps
 * (huggingface/safetensors `README.md`, `safetensors/src/tensor.rs`).
 *
 * @throws FormatError if the file is truncated or its header does not describe its bytes
 */
export function openSafetensors(bytes: Uint8Array): Safetensors {
  const { header, data } = splitHeader(bytes);
  const tensors = new Map<string, StoredTensor>();
  const ranges: { name: string; start: number; end: number }[] = [];
  let metadata: ReadonlyMap<string, unknown> = new Map();
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") {
      if (isRecord(entry)) metadata = new Map(Object.entries(entry));
      continue;
    }
    const { dtype, shape, start, end } = readEntry(name, entry, data.length);
    tensors.set(name, { dtype, shape, bytes: data.subarray(start, end) });
    ranges.push({ name, start, end });
  }

  ranges.sort((a, b) => a.start - b.start || a.end - b.end);
  let filled = 0;
  for (const { name, start, end } of ranges) {
    if (start !== filled) {
      throw new FormatError(
        `The safetensors header is damaged: ${name} begins at byte ${start} of the data, where the tensor before it ends at ${filled}.`,
      );
    }
    filled = end;
  }
  if (filled !== data.length) {
    throw new FormatError(
      `The safetensors header is damaged: its tensors end at byte ${filled} of ${data.length}.`,
    );
  }

  return {
    ...createTensorFile(metadata, tensors),
    readInt32(name) {
      const { dtype, bytes } = findTensor(tensors, name);
      if (dtype !== "I32") {
        throw new FormatError(`Tensor ${name} is stored as ${dtype}, and is read as I32 only.`);
      }
      return new Int32Array(new Uint8Array(bytes).buffer);
    },
  };
}

/**
 * One file of tensors from a `model.safetensors.index.json` and the files that it names.
 *
 * @param index the index file's text
 * @param files by the names that the index gives them
 * @throws FormatError if a file or a tensor that the index names is missing
 */
export function openShardedSafetensors(
  index: string,
  files: ReadonlyMap<string, Uint8Array>,
): TensorFile {
  const parsed = parseJson(index, "The safetensors index");
  const weightMap = isRecord(parsed) ? parsed.weight_map : undefined;
  if (!isRecord(parsed) || !isRecord(weightMap)) {
    throw new FormatError(
      "The safetensors index has no weight_map: it does not say which file holds which tensor.",
    );
  }

  const shards = new Map<string, Safetensors>();
  const owners = new Map<string, Safetensors>();
  for (const [name, file] of Object.entries(weightMap)) {
    if (typeof file !== "string") {
      throw new FormatError(`The safetensors index does not say which file holds ${name}.`);
    }
    const bytes = files.get(file);
    if (!bytes) {
      throw new FormatError(
        `The safetensors index says that ${name} is in ${file}, which is not here.`,
      );
    }
    const shard = shards.get(file) ?? openSafetensors(bytes);
    shards.set(file, shard);
    if (!shard.tensors.has(name)) {
      throw new FormatError(
        `The safetensors index says that ${name} is in ${file}, which does not hold it.`,
      );
    }
    owners.set(name, shard);
  }

  const metadata = isRecord(parsed.metadata) ? parsed.metadata : {};
  return {
    metadata: new Map(Object.entries(metadata)),
    tensors: new Map(Array.from(owners, ([name, shard]) => [name, shard.tensors.get(name)!])),
    read: (name) => findTensor(owners, name).read(name),
    readRows: (name, rows) => findTensor(owners, name).readRows(name, rows),
  };
}

function splitHeader(bytes: Uint8Array) {
  if (bytes.length < 8) {
    throw new FormatError(`This is no safetensors file: it has ${bytes.length} bytes.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = view.getBigUint64(0, true);
  if (headerBytes > BigInt(maxHeaderBytes)) {
    throw new FormatError(
      `This is no safetensors file: its header would have ${headerBytes} bytes.`,
    );
  }
  const end = 8 + Number(headerBytes);
  if (end > bytes.length) {
    throw new FormatError(
      `The safetensors file is truncated: its header has ${headerBytes} bytes, the file ${bytes.length}.`,
    );
  }
  const header = parseJson(decodeUtf8(bytes.subarray(8, end)), "The safetensors header");
  if (!isRecord(header)) throw new FormatError("The safetensors header is not a JSON object.");
  return { header, data: bytes.subarray(end) };
}

function readEntry(name: string, entry: unknown, dataBytes: number) {
  const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
  if (typeof dtype !== "string" || !Array.isArray(shape) || !Array.isArray(offsets)) {
    throw new FormatError(
      `The safetensors header is damaged: ${name} has no dtype, shape and data_offsets.`,
    );
  }
  const [start, end] = offsets as unknown[];
  const isOffset = (at: unknown): at is number => Number.isSafeInteger(at) && (at as number) >= 0;
  if (offsets.length !== 2 || !isOffset(start) || !isOffset(end) || end < start) {
    throw new FormatError(
      `The safetensors header is damaged: the data_offsets of ${name} are no range.`,
    );
  }
  if (end > dataBytes) {
    throw new FormatError(
      `The safetensors file is truncated: ${name} ends at byte ${end} of the data, which has ${dataBytes}.`,
    );
  }
  const count = elementCount(shape);
  const size = Object.hasOwn(elementBytes, dtype) ? count * elementBytes[dtype] : end - start;
  if (Number.isNaN(count) || size !== end - start) {
    throw new FormatError(
      `The safetensors header is damaged: ${name} has ${end - start} bytes, which is not what its shape and dtype ${dtype} ask for.`,
    );
  }
  return { dtype, shape: shape as number[], start, end };
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new FormatError("The safetensors header is not UTF-8.");
  }
}

function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FormatError(
      `${what} is not JSON: ${error instanceof Error ? error.message : error}.`,
    );
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
