import { FormatError } from "../errors";
import { printable } from "../math/printable";
import { findEncoding } from "./encoding";
import { allocateFloats } from "./memory";

export type TensorInfo = {
  /** Outermost first, as in PyTorch; a scalar's is empty. */
  readonly shape: readonly number[];
  /** The file's own name for it: `F32`, `BF16`, `Q4_1` … */
  readonly dtype: string;
};

/** Named tensors over bytes in memory. Nothing is decoded until it is read. */
export type TensorFile = {
  readonly metadata: ReadonlyMap<string, unknown>;
  /** Every tensor in the file, those of a dtype that is not read among them. */
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /**
   * All elements, row-major, in an array of their own.
   *
   * @throws FormatError if there is no such tensor, or its dtype is not read here
   */
  read(name: string): Float32Array<ArrayBuffer>;
  /**
   * `[rows.length, columns]`: these rows of a matrix, in this order, and no others decoded.
   *
   * @throws FormatError as `read` does, and if a row is not in the matrix
   */
  readRows(name: string, rows: ArrayLike<number>): Float32Array<ArrayBuffer>;
};

/** A tensor's bytes as the file holds them; as many as shape and dtype ask for. */
export type StoredTensor = TensorInfo & { readonly bytes: Uint8Array };

/** How many numbers a shape holds; NaN where it is not a shape, or more than can be counted. */
export function elementCount(shape: readonly unknown[]): number {
  let count = 1;
  for (const size of shape) {
    if (!Number.isSafeInteger(size) || (size as number) < 0) return Number.NaN;
    count *= size as number;
  }
  return Number.isSafeInteger(count) ? count : Number.NaN;
}

/** The reading half of a file, for formats that have found their tensors. */
export function createTensorFile(
  metadata: ReadonlyMap<string, unknown>,
  tensors: ReadonlyMap<string, StoredTensor>,
): TensorFile {
  const find = (name: string) => {
    const tensor = findTensor(tensors, name);
    return { ...tensor, encoding: findEncoding(name, tensor.dtype) };
  };

  return {
    metadata,
    tensors,
    read(name) {
      const { shape, bytes, encoding } = find(name);
      const values = allocateFloats(elementCount(shape));
      encoding.decode(bytes, values);
      return values;
    },
    readRows(name, rows) {
      const { shape, bytes, encoding } = find(name);
      if (shape.length !== 2) {
        throw new FormatError(
          `Tensor ${printable(name)} has shape [${shape.join(", ")}], expected a matrix.`,
        );
      }
      const [height, width] = shape as [number, number];
      const rowBytes = (width / encoding.blockSize) * encoding.blockBytes;
      for (const row of Array.from(rows)) {
        if (!Number.isInteger(row) || row < 0 || row >= height) {
          throw new FormatError(
            `Tensor ${printable(name)} has no row ${row}: it has ${height} rows.`,
          );
        }
      }
      const values = allocateFloats(rows.length * width);
      for (let i = 0; i < rows.length; ++i) {
        const start = rows[i] * rowBytes;
        encoding.decode(
          bytes.subarray(start, start + rowBytes),
          values.subarray(i * width, (i + 1) * width),
        );
      }
      return values;
    },
  };
}

/** @throws FormatError that names the tensor, if it is not there */
export function findTensor<T>(tensors: ReadonlyMap<string, T>, name: string): T {
  const tensor = tensors.get(name);
  if (!tensor) throw new FormatError(`The file holds no tensor ${printable(name)}.`);
  return tensor;
}
