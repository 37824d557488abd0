import { FormatError } from "../errors";
import { printable } from "../math/printable";
import { findEncoding } from "./encoding";
import { allocateFloats } from "./memory";
import { type NpyHeader, readNpyHeader } from "./npy";
import { elementCount, findTensor } from "./tensorFile";
import type { TensorSource } from "./tensorSource";
import { openZip, type ZipEntry } from "./zip";

type StoredArray = NpyHeader & { readonly entry: ZipEntry };

/** Each header is a read of its own: no lens has as many arrays. */
const maxArrays = 1000;

const suffix = ".npy";

/** The dtypes that are read, of those that a `.npy` can have. */
const readDtypes: ReadonlySet<string> = new Set(["F16", "F32", "F64"]);

/**
 * The arrays of a `.npz`, which is a zip archive of `.npy` files, by their names without `.npy`.
 *
 * Little-endian floats are read, in either order of the axes. There is no metadata: the format has none.
 *
 * @param maxBytes what all arrays that are read may unpack to together
 * @throws FormatError as `openZip` does, and if there is no array, or one does not fit its header
 */
export async function openNpz(blob: Blob, maxBytes: number): Promise<TensorSource> {
  const tensors = new Map<string, StoredArray>();
  for (const entry of (await openZip(blob, maxBytes)).values()) {
    if (!entry.name.endsWith(suffix) || entry.name.startsWith("__MACOSX/")) continue;
    if (tensors.size === maxArrays) {
      throw new FormatError(`This .npz holds more than ${maxArrays} arrays: that is too many.`);
    }
    const name = entry.name.slice(0, -suffix.length);
    const header = await readNpyHeader(name, (bytes) => entry.head(bytes));
    checkSize(name, header, entry.sizeBytes);
    tensors.set(name, { ...header, entry });
  }
  if (tensors.size === 0) {
    throw new FormatError("This is no .npz: the zip archive holds no .npy array.");
  }

  return {
    metadata: new Map(),
    tensors,
    async read(name) {
      const array = findTensor(tensors, name);
      if (!readDtypes.has(array.dtype)) {
        throw new FormatError(
          `Tensor ${printable(name)} is stored as ${printable(array.dtype)}, which is not read here; little-endian float16, float32 and float64 are. Save it with .astype("<f4").`,
        );
      }
      const values = await readStored(name, array);
      return array.isFortran ? rowMajor(values, array.shape) : values;
    },
  };
}

/** The numbers in the order in which they are stored. */
async function readStored(name: string, { entry, shape, dtype, dataStart }: StoredArray) {
  const bytes = await entry.read();
  const values = allocateFloats(elementCount(shape));
  findEncoding(name, dtype).decode(bytes.subarray(dataStart), values);
  return values;
}

function checkSize(name: string, { dtype, shape, dataStart }: NpyHeader, sizeBytes: number): void {
  if (!readDtypes.has(dtype)) return;
  const expected = elementCount(shape) * findEncoding(name, dtype).blockBytes;
  if (sizeBytes - dataStart !== expected) {
    throw new FormatError(
      `${printable(name)} is damaged: it is ${dtype} of shape [${shape.join(", ")}], which are ${expected} bytes, and has ${sizeBytes - dataStart}.`,
    );
  }
}

/** The same array with its last index changing fastest, of one whose first does. */
function rowMajor(stored: Float32Array, shape: readonly number[]): Float32Array<ArrayBuffer> {
  const values = allocateFloats(stored.length);
  // How far apart two numbers are stored whose indices along this axis differ by one.
  const strides: number[] = [];
  for (let axis = 0, stride = 1; axis < shape.length; stride *= shape[axis++]) strides.push(stride);
  const index = new Array<number>(shape.length).fill(0);
  let from = 0;
  for (let i = 0; i < values.length; ++i) {
    values[i] = stored[from];
    for (let axis = shape.length - 1; axis >= 0; --axis) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      index[axis] = 0;
      from -= strides[axis] * shape[axis];
    }
  }
  return values;
}
