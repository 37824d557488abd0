import { FormatError } from "../errors";
import { printable } from "../math/printable";
import type { Encoding } from "./encoding";
import { allocateFloats } from "./memory";
import { elementCount, type TensorInfo } from "./tensorFile";

/** What PyTorch calls `float32` and this project, as safetensors, F32. */
export type TorchDtype = { readonly name: string; readonly itemBytes: number };

/** By PyTorch's names; those that are not read here are listed with the tensors that have them. */
export const torchDtypes: ReadonlyMap<string, TorchDtype> = new Map(
  Object.entries({
    float32: ["F32", 4],
    float16: ["F16", 2],
    bfloat16: ["BF16", 2],
    float64: ["F64", 8],
    int64: ["I64", 8],
    int32: ["I32", 4],
    int16: ["I16", 2],
    int8: ["I8", 1],
    uint64: ["U64", 8],
    uint32: ["U32", 4],
    uint16: ["U16", 2],
    uint8: ["U8", 1],
    bool: ["BOOL", 1],
    complex64: ["C64", 8],
    complex128: ["C128", 16],
    float8_e4m3fn: ["F8_E4M3", 1],
    float8_e5m2: ["F8_E5M2", 1],
  } as const).map(([torchName, [name, itemBytes]]) => [`torch.${torchName}`, { name, itemBytes }]),
);

/** Bytes beside a file's pickle that tensors are views of. */
export type TorchStorage = {
  readonly key: string;
  readonly dtype: TorchDtype;
  readonly sizeBytes: number;
};

/** What a pickle's tensors see of a storage: all of it, but in files of PyTorch 0.x. */
export class TorchStorageView {
  constructor(
    readonly storage: TorchStorage,
    readonly startBytes: number,
    readonly sizeBytes: number,
  ) {}
}

/** A tensor as a pickle describes it: numbers `offset + sum of index times stride` of what it sees. */
export class TorchTensor {
  constructor(
    readonly view: TorchStorageView,
    readonly dtype: TorchDtype,
    readonly offset: unknown,
    readonly shape: readonly unknown[],
    readonly strides: readonly unknown[],
  ) {}
}

/** A tensor whose every number is known to lie in its storage. */
export type StridedTensor = TensorInfo & {
  readonly storage: TorchStorage;
  readonly itemBytes: number;
  /** In bytes of the storage, as the strides are. */
  readonly offset: number;
  readonly strides: readonly number[];
};

/** @throws FormatError that names the tensor, if a number of it lies outside its storage */
export function checkTensor(name: string, tensor: TorchTensor): StridedTensor {
  const { view, dtype } = tensor;
  const count = elementCount(tensor.shape);
  const isSafe = (size: unknown) => Number.isSafeInteger(size) && (size as number) >= 0;
  const isStrided = tensor.shape.length === tensor.strides.length && tensor.strides.every(isSafe);
  if (Number.isNaN(count) || !isStrided || !isSafe(tensor.offset)) {
    throw new FormatError(
      `Tensor ${printable(name)} is damaged: its shape and strides describe no tensor.`,
    );
  }
  const [shape, strides] = [tensor.shape as number[], tensor.strides as number[]];
  const offset = tensor.offset as number;
  if (count > 0) {
    const last = shape.reduce((sum, size, i) => sum + (size - 1) * strides[i], offset);
    const held = Math.floor(view.sizeBytes / dtype.itemBytes);
    if (last >= held) {
      throw new FormatError(
        `Tensor ${printable(name)} is damaged: it reaches number ${last + 1} of a storage that holds ${held}.`,
      );
    }
  }
  return {
    shape,
    dtype: dtype.name,
    storage: view.storage,
    itemBytes: dtype.itemBytes,
    offset: view.startBytes + offset * dtype.itemBytes,
    // One step along an axis of 1 leads nowhere, and may be too long to come back from exactly.
    strides: strides.map((stride, i) => (shape[i] > 1 ? stride * dtype.itemBytes : 0)),
  };
}

/** Whether the numbers lie one after another, row-major. */
function isContiguous({ shape, strides, itemBytes }: StridedTensor): boolean {
  let expected = itemBytes;
  for (let i = shape.length - 1; i >= 0; --i) {
    if (shape[i] !== 1 && strides[i] !== expected) return false;
    expected *= shape[i];
  }
  return true;
}

/** Whether the tensor is its whole storage, as it is. */
export function coversStorage(tensor: StridedTensor): boolean {
  const sizeBytes = elementCount(tensor.shape) * tensor.itemBytes;
  return isContiguous(tensor) && sizeBytes === tensor.storage.sizeBytes;
}

/** How many numbers are put in a row before they are decoded. */
const gathered = 65_536;

/** All numbers of a tensor, row-major, from the bytes of its storage. */
export function decodeTensor(
  tensor: StridedTensor,
  bytes: Uint8Array,
  { decode }: Encoding,
): Float32Array<ArrayBuffer> {
  const { itemBytes, offset } = tensor;
  // A view of stride 0 has more numbers than its storage, and perhaps than there is memory for.
  const values = allocateFloats(elementCount(tensor.shape));
  if (isContiguous(tensor)) {
    decode(bytes.subarray(offset, offset + values.length * itemBytes), values);
    return values;
  }
  const next = walk(tensor);
  const row = new Uint8Array(Math.min(gathered, values.length) * itemBytes);
  for (let start = 0; start < values.length; start += gathered) {
    const part = values.subarray(start, start + gathered);
    for (let i = 0; i < part.length; ++i) {
      const at = next();
      for (let byte = 0; byte < itemBytes; ++byte) row[i * itemBytes + byte] = bytes[at + byte];
    }
    decode(row, part);
  }
  return values;
}

/** The places of a tensor's numbers, row-major, a call each. */
function walk({ shape, strides, offset }: StridedTensor): () => number {
  const index = shape.map(() => 0);
  let at = offset;
  return () => {
    const here = at;
    for (let axis = shape.length - 1; axis >= 0; --axis) {
      at += strides[axis];
      if (++index[axis] < shape[axis]) break;
      at -= shape[axis] * strides[axis];
      index[axis] = 0;
    }
    return here;
  };
}
