import { ShapeError } from "../errors";
import { createPickleWriter, pickleOp } from "./pickleWriter";
import { elementCount } from "./tensorFile";
import { zipBlob } from "./zipWriter";

export type TensorToSave = {
  /** Outermost first. */
  readonly shape: readonly number[];
  /** As many as the shape holds, row-major. */
  readonly values: Float32Array;
};

/**
 * The file that `torch.save(OrderedDict)` writes of float32 tensors on the CPU, which
 * `torch.load(weights_only=True)` opens. The values are referred to until it is made, and not joined.
 *
 * `data.pkl` is torch 2.13's byte for byte. Not written, and asked for by no reader: `.format_version`
 * and `.storage_alignment`, by which torch works out where tensors begin from the headers that it
 * would have written itself (ours hold sizes, see `zipBlob`; without the two it looks), and
 * `.data/serialization_id`, a `std::hash` that torch puts into its log.
 *
 * pytorch/pytorch `torch/serialization.py` (`_save`), `torch/_tensor.py` (`__reduce_ex__`).
 *
 * @param tensors in the order of the dictionary
 * @param name of the folder in the archive: that of the file, without its ending
 * @throws ShapeError if a tensor has other than its shape's count of values
 * @throws UnsupportedError if the file would have 4 GB or more
 */
export async function torchBlob(
  tensors: ReadonlyMap<string, TensorToSave>,
  name = "params",
): Promise<Blob> {
  const text = (value: string) => [new TextEncoder().encode(value)];
  return zipBlob([
    { name: `${name}/data.pkl`, data: [dictionaryPickle(tensors)] },
    { name: `${name}/byteorder`, data: text("little") },
    ...Array.from(tensors.values(), ({ values }, index) => ({
      name: `${name}/data/${index}`,
      data: [new Uint8Array(values.buffer, values.byteOffset, values.byteLength)],
    })),
    { name: `${name}/version`, data: text("3\n") },
  ]);
}

/** What CPython sets in a dictionary by one opcode. */
const batchSize = 1000;

function dictionaryPickle(tensors: ReadonlyMap<string, TensorToSave>): Uint8Array {
  const pickle = createPickleWriter();
  const { op, text, integer, tuple } = pickle;
  const integers = (values: readonly number[]) =>
    tuple(values.map((value) => () => integer(value)));
  const emptyDictionary = () => {
    pickle.global("collections", "OrderedDict");
    op(pickleOp.emptyTuple, pickleOp.reduce);
    pickle.remember();
  };
  const tensor = ({ shape, values }: TensorToSave, storage: number) => {
    pickle.global("torch._utils", "_rebuild_tensor_v2");
    tuple([
      () => {
        tuple([
          () => text("storage"),
          () => pickle.global("torch", "FloatStorage"),
          () => text(String(storage)),
          () => text("cpu"),
          () => integer(values.length),
        ]);
        op(pickleOp.persistentId);
      },
      () => integer(0), // the offset in its storage
      () => integers(shape),
      () => integers(stridesOf(shape)),
      () => op(pickleOp.newFalse), // requires_grad
      emptyDictionary, // backward hooks
    ]);
    op(pickleOp.reduce);
    pickle.remember();
  };

  const entries = [...tensors];
  emptyDictionary();
  for (let start = 0; start < entries.length; start += batchSize) {
    const batch = entries.slice(start, start + batchSize);
    if (batch.length > 1) op(pickleOp.mark);
    for (const [index, [name, stored]] of batch.entries()) {
      if (elementCount(stored.shape) !== stored.values.length) {
        throw new ShapeError(name, stored.shape, `one of ${stored.values.length} values`);
      }
      text(name);
      tensor(stored, start + index);
    }
    op(batch.length > 1 ? pickleOp.setItems : pickleOp.setItem);
  }
  return pickle.finish();
}

/** In elements, of a tensor whose rows lie one after another; an empty axis counts as 1, as in torch. */
function stridesOf(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape.toReversed()) {
    strides.unshift(stride);
    stride *= Math.max(size, 1);
  }
  return strides;
}
