import { ShapeError } from "../errors";
import { floatsToHalves } from "./half";
import { elementCount } from "./tensorFile";
import type { TensorToSave } from "./torchWriter";

/**
 * The file that `safetensors.torch.save_file` writes of float32 tensors, byte for byte: sorted by
 * name, the header filled up with spaces to a multiple of 8 bytes. The values are referred to until
 * it is made, and not joined; as F16 each is rounded to the nearest.
 *
 * @param metadata written in the order given, where the Rust implementation writes a hash map's
 * @throws ShapeError if a tensor has other than its shape's count of values
 */
export function safetensorsBlob(
  tensors: ReadonlyMap<string, TensorToSave>,
  metadata: Readonly<Record<string, string>>,
  dtype: "F32" | "F16" = "F32",
): Blob {
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
      dtype === "F16"
        ? floatsToHalves(values)
        : new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const end = start + bytes.length;
    const entry = { dtype, shape, data_offsets: [start, end] };
    entries.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`);
    data.push(bytes);
    start = end;
  }

  const json = new TextEncoder().encode(`{${entries.join()}}`);
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  new DataView(header.buffer).setBigUint64(0, BigInt(header.length - 8), true);
  header.set(json, 8);
  return new Blob([header, ...data] as BlobPart[]);
}
