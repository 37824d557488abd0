import { ShapeError } from "../errors";
import { floatsToHalves } from "./half";
import { elementCount } from "./tensorFile";

type Values = Float64Array | Float32Array | Int32Array | Uint8Array;

/** A tensor of any of the dtypes that are written. */
export type SafeTensor = {
  /** Outermost first. */
  readonly shape: readonly number[];
  /** As many as the shape holds, row-major. */
  readonly values: Values;
};

function dtypeOf(values: Values): string {
  if (values instanceof Float64Array) return "F64";
  if (values instanceof Float32Array) return "F32";
  return values instanceof Int32Array ? "I32" : "U8";
}

/**
 * The file that `safetensors.torch.save_file` writes of these tensors, byte for byte: sorted by
 * name, the header filled up with spaces to a multiple of 8 bytes. The values are referred to until
 * it is made, and not joined; as F16 each is rounded to the nearest.
 *
 * @param metadata written in the order given, where the Rust implementation writes a hash map's
 * @throws ShapeError if a tensor has other than its shape's count of values
 */
export const safetensorsBlob = (
  tensors: ReadonlyMap<string, SafeTensor>,
  metadata: Readonly<Record<string, string>>,
  dtype: "F16" | null = null,
): Blob => new Blob(safetensorsParts(tensors, metadata, dtype) as BlobPart[]);

/** Such a file's bytes: its header, and each tensor's, which are the values themselves. */
export function safetensorsParts(
  tensors: ReadonlyMap<string, SafeTensor>,
  metadata: Readonly<Record<string, string>>,
  dtype: "F16" | null = null,
): Uint8Array[] {
  const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1));
  // JSON by hand: an object would put names that are numbers first.
  const entries = [`"__metadata__":${JSON.stringify(metadata)}`];
  const data: Uint8Array[] = [];
  let start = 0;
  for (const [name, { shape, values }] of sorted) {
    if (elementCount(shape) !== values.length) {
      throw new ShapeError(name, shape, `one of ${values.length} values`);
    }
    const bytes =
      dtype === "F16" && values instanceof Float32Array
        ? floatsToHalves(values)
        : new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const end = start + bytes.length;
    const entry = { dtype: dtype ?? dtypeOf(values), shape, data_offsets: [start, end] };
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    data.push(bytes);
    start = end;
  }

  const json = new TextEncoder().encode(`{${entries.join()}}`);
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  return [header, ...data];
}
