import { FormatError } from "../errors";
import { printable } from "../math/printable";
import { encodings, findEncoding } from "./encoding";
import { isRecord } from "./isRecord";
import { allocateFloats } from "./memory";
import { readSlice } from "./readSlice";
import {
  createTensorFile,
  elementCount,
  findTensor,
  type StoredTensor,
  type TensorFile,
  type TensorInfo,
} from "./tensorFile";
import type { TensorSource } from "./tensorSource";

export type Safetensors = TensorFile & {
  /** @throws FormatError if there is no such tensor, or it is not I32 */
  readInt32(name: string): Int32Array<ArrayBuffer>;
};

/** Where a tensor lies in the data, in bytes. */
type Place = TensorInfo & { readonly start: number; readonly end: number };

/**
 * Of 40,000 tensors. The format's own implementation allows 100 MB, but JSON takes some twenty times its
 * text, and a fifth of a second a megabyte.
 */
const maxHeaderBytes = 5_000_000;

// What no tensor of a lens or a model has. Names, dtypes and shapes are quoted in errors.
const maxNameLength = 256;
const maxDtypeLength = 20;
const maxAxes = 16;

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
  const dataStart = readDataStart(bytes, bytes.length);
  const data = bytes.subarray(dataStart);
  const { metadata, places } = readHeader(bytes.subarray(8, dataStart), data.length);
  const tensors = new Map<string, StoredTensor>();
  for (const [name, { dtype, shape, start, end }] of places) {
    tensors.set(name, { dtype, shape, bytes: data.subarray(start, end) });
  }

  return {
    ...createTensorFile(metadata, tensors),
    readInt32(name) {
      const { dtype, bytes } = findTensor(tensors, name);
      if (dtype !== "I32") {
        throw new FormatError(
          `Tensor ${printable(name)} is stored as ${printable(dtype)}, and is read as I32 only.`,
        );
      }
      return new Int32Array(new Uint8Array(bytes).buffer);
    },
  };
}

export type SafetensorsSource = TensorSource & {
  /**
   * A tensor's bytes as the file has them, little-endian, in a buffer of their own.
   *
   * @throws FormatError if there is no such tensor
   */
  readBytes(name: string): Promise<Uint8Array<ArrayBuffer>>;
};

/**
 * The same of a file of which only its header is in memory, and a tensor while it is read.
 *
 * @throws FormatError as `openSafetensors` does
 */
export async function openSafetensorsBlob(blob: Blob): Promise<SafetensorsSource> {
  const lengthBytes = await readSlice(blob, 0, Math.min(8, blob.size));
  const dataStart = readDataStart(lengthBytes, blob.size);
  const json = await readSlice(blob, 8, dataStart);
  const { metadata, places } = readHeader(json, blob.size - dataStart);
  const readBytes = async (name: string) => {
    const { start, end } = findTensor(places, name);
    return readSlice(blob, dataStart + start, dataStart + end);
  };
  return {
    metadata,
    tensors: places,
    readBytes,
    async read(name) {
      const { dtype, shape } = findTensor(places, name);
      const encoding = findEncoding(name, dtype);
      const bytes = await readBytes(name);
      const values = allocateFloats(elementCount(shape));
      encoding.decode(bytes, values);
      return values;
    },
  };
}

/** Where the data begins, from the length of the header in a file's first 8 bytes. */
function readDataStart(bytes: Uint8Array, fileBytes: number): number {
  if (fileBytes < 8) {
    throw new FormatError(`This is no safetensors file: it has ${fileBytes} bytes.`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = view.getBigUint64(0, true);
  if (headerBytes > BigInt(maxHeaderBytes)) {
    throw new FormatError(
      `This is no safetensors file: its header would have ${headerBytes} bytes.`,
    );
  }
  const dataStart = 8 + Number(headerBytes);
  if (dataStart > fileBytes) {
    throw new FormatError(
      `The safetensors file is truncated: its header has ${headerBytes} bytes, the file ${fileBytes}.`,
    );
  }
  return dataStart;
}

function readHeader(json: Uint8Array, dataBytes: number) {
  const header = parseJson(decodeUtf8(json), "The safetensors header");
  if (!isRecord(header)) throw new FormatError("The safetensors header is not a JSON object.");
  const places = new Map<string, Place>();
  let metadata: ReadonlyMap<string, unknown> = new Map();
  for (const [name, entry] of Object.entries(header)) {
    if (name.length > maxNameLength) {
      throw new FormatError(
        `The safetensors header holds a name that is too long: ${printable(name)}.`,
      );
    }
    if (name !== "__metadata__") places.set(name, readPlace(name, entry, dataBytes));
    else if (isRecord(entry)) metadata = new Map(Object.entries(entry));
  }
  checkGaps(places, dataBytes);
  return { metadata, places };
}

/** The tensors fill the data, one after the other. */
function checkGaps(places: ReadonlyMap<string, Place>, dataBytes: number): void {
  const ordered = [...places].sort(([, a], [, b]) => a.start - b.start || a.end - b.end);
  let filled = 0;
  for (const [name, { start, end }] of ordered) {
    if (start !== filled) {
      throw new FormatError(
        `The safetensors header is damaged: ${printable(name)} begins at byte ${start} of the data, where the tensor before it ends at ${filled}.`,
      );
    }
    filled = end;
  }
  if (filled !== dataBytes) {
    throw new FormatError(
      `The safetensors header is damaged: its tensors end at byte ${filled} of ${dataBytes}.`,
    );
  }
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
      throw new FormatError(
        `The safetensors index does not say which file holds ${printable(name)}.`,
      );
    }
    const bytes = files.get(file);
    if (!bytes) {
      throw new FormatError(
        `The safetensors index says that ${printable(name)} is in ${printable(file)}, which is not here.`,
      );
    }
    const shard = shards.get(file) ?? openSafetensors(bytes);
    shards.set(file, shard);
    if (!shard.tensors.has(name)) {
      throw new FormatError(
        `The safetensors index says that ${printable(name)} is in ${printable(file)}, which does not hold it.`,
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

function readPlace(name: string, entry: unknown, dataBytes: number): Place {
  const shown = printable(name);
  const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
  const isNamed = typeof dtype === "string" && dtype.length <= maxDtypeLength;
  if (!isNamed || !Array.isArray(shape) || !Array.isArray(offsets)) {
    throw new FormatError(
      `The safetensors header is damaged: ${shown} has no dtype, shape and data_offsets.`,
    );
  }
  const [start, end] = offsets as unknown[];
  const isOffset = (at: unknown): at is number => Number.isSafeInteger(at) && (at as number) >= 0;
  if (offsets.length !== 2 || !isOffset(start) || !isOffset(end) || end < start) {
    throw new FormatError(
      `The safetensors header is damaged: the data_offsets of ${shown} are no range.`,
    );
  }
  if (end > dataBytes) {
    throw new FormatError(
      `The safetensors file is truncated: ${shown} ends at byte ${end} of the data, which has ${dataBytes}.`,
    );
  }
  if (encodings.has(dtype) && !Object.hasOwn(elementBytes, dtype)) {
    throw new FormatError(
      `The safetensors header is damaged: ${shown} is ${printable(dtype)}, which no safetensors file holds.`,
    );
  }
  const count = shape.length > maxAxes ? Number.NaN : elementCount(shape);
  const size = Object.hasOwn(elementBytes, dtype) ? count * elementBytes[dtype] : end - start;
  if (Number.isNaN(count) || size !== end - start) {
    throw new FormatError(
      `The safetensors header is damaged: ${shown} has ${end - start} bytes, which is not what its shape and dtype ${printable(dtype)} ask for.`,
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
    throw new FormatError(`${what} is not JSON: ${printable(`${(error as Error).message}`)}.`);
  }
}
