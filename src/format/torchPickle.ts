import { FormatError } from "../errors";
import { printable } from "../math/printable";
import { readPickle } from "./pickle";
import { damagedPickle } from "./pickleBytes";
import { type PickleCall, PickleGlobal } from "./pickleMachine";
import { type TorchStorage, TorchStorageView, TorchTensor, torchDtypes } from "./torchTensor";

/** What the pickles of a file may take together: a tensor's entry has some 200 bytes. */
export const maxPickleBytes = 1 << 22;

/** What a torch file holds, whatever its container: a pickle, and the storages of its tensors. */
export type TorchContents = {
  readonly value: unknown;
  readonly pickleBytes: number;
  /** All bytes of one of the pickle's storages, in a buffer of their own. */
  readonly readStorage: (storage: TorchStorage) => Promise<Uint8Array<ArrayBuffer>>;
};

/** Axes that a tensor may have; a lens has 2. */
const maxAxes = 16;

/** Of a storage's key, which is a number in decimal: each tensor's is compared with those before. */
const maxKeyLength = 100;

/** What is in a storage, by the name of its type; newer dtypes lie in untyped ones. */
const storageTypes: ReadonlyMap<string, string> = new Map([
  ["torch.FloatStorage", "torch.float32"],
  ["torch.HalfStorage", "torch.float16"],
  ["torch.BFloat16Storage", "torch.bfloat16"],
  ["torch.DoubleStorage", "torch.float64"],
  ["torch.LongStorage", "torch.int64"],
  ["torch.IntStorage", "torch.int32"],
  ["torch.ShortStorage", "torch.int16"],
  ["torch.CharStorage", "torch.int8"],
  ["torch.ByteStorage", "torch.uint8"],
  ["torch.BoolStorage", "torch.bool"],
  ["torch.ComplexFloatStorage", "torch.complex64"],
  ["torch.ComplexDoubleStorage", "torch.complex128"],
  ["torch.UntypedStorage", "torch.uint8"],
  ["torch.storage.UntypedStorage", "torch.uint8"],
]);

/** What makes tensors in `torch/_utils.py`; `requires_grad`, hooks and attributes are left out. */
const rebuilds: ReadonlyMap<string, PickleCall> = new Map<string, PickleCall>([
  ["torch._utils._rebuild_tensor", (args) => rebuild(args)],
  ["torch._utils._rebuild_tensor_v2", (args) => rebuild(args, { flags: args[6] })],
  ["torch._utils._rebuild_tensor_v3", (args) => rebuild(args, { dtype: args[6], flags: args[7] })],
  ["torch._utils._rebuild_parameter", ([data]) => tensorOf(data)],
  ["torch._utils._rebuild_parameter_with_state", ([data]) => tensorOf(data)],
]);

/** All that a file of tensors may ask Python for. */
const globals: ReadonlyMap<string, PickleCall | null> = new Map<string, PickleCall | null>([
  ["collections.OrderedDict", emptyDict],
  ["torch.Size", sizes],
  ["torch.device", device],
  ...rebuilds,
  ["torch._tensor._rebuild_from_type_v2", rebuildFromType],
  ["torch.Tensor", null],
  ["torch.nn.parameter.Parameter", null],
  ...Array.from(storageTypes.keys(), (name) => [name, null] as const),
  ...Array.from(torchDtypes.keys(), (name) => [name, null] as const),
]);

/**
 * What `torch.save` pickled, its tensors as TorchTensors, and the storages that they are views of.
 *
 * pytorch/pytorch `torch/serialization.py`, `torch/_utils.py`, `torch/_tensor.py`.
 *
 * @param start where in `bytes` the pickle begins
 * @throws FormatError if it is damaged, or asks for what no file of tensors needs
 */
export function readTorchPickle(bytes: Uint8Array, start = 0) {
  const storages = new Map<string, TorchStorage>();
  const { value, end } = readPickle(bytes, start, {
    globals,
    load: (id) => loadStorage(id, storages),
  });
  return { value, end, storages };
}

/** `("storage", type, key, device, count)`; in the older container also a part of it, or None. */
function loadStorage(id: unknown, storages: Map<string, TorchStorage>): TorchStorageView {
  const [what, type, key, , count, part = null] = Array.isArray(id) ? id : [];
  const dtype = type instanceof PickleGlobal && torchDtypes.get(storageTypes.get(type.name) ?? "");
  const isKey = typeof key === "string" && key.length <= maxKeyLength;
  if (what !== "storage" || !dtype || !isKey || !isCount(count)) {
    throw damagedPickle("it refers to something other than a tensor's storage");
  }
  const sizeBytes = count * dtype.itemBytes;
  const storage = storages.get(key) ?? { key, dtype, sizeBytes };
  if (storage.dtype !== dtype || storage.sizeBytes !== sizeBytes) {
    throw damagedPickle(`the storage ${printable(key)} is two things in it`);
  }
  storages.set(key, storage);
  if (part === null) return new TorchStorageView(storage, 0, sizeBytes);

  const [, first, partCount] = Array.isArray(part) ? part : [];
  if (!isCount(first) || !isCount(partCount) || first + partCount > count) {
    throw damagedPickle(`a part of the storage ${printable(key)} lies outside of it`);
  }
  return new TorchStorageView(storage, first * dtype.itemBytes, partCount * dtype.itemBytes);
}

/** Small enough that no size in bytes is rounded. */
const isCount = (count: unknown): count is number =>
  Number.isSafeInteger(count) && (count as number) >= 0 && (count as number) < 2 ** 48;

/** The shape and strides are copies: what they were made from may grow after that. */
function rebuild(
  [view, offset, shape, strides]: readonly unknown[],
  { dtype, flags }: { dtype?: unknown; flags?: unknown } = {},
): TorchTensor {
  if (!(view instanceof TorchStorageView)) throw damagedPickle("a tensor in it has no storage");
  const named = dtype instanceof PickleGlobal ? torchDtypes.get(dtype.name) : undefined;
  const numbers = dtype === undefined ? view.storage.dtype : named;
  if (!numbers) throw damagedPickle("a tensor in it has no dtype");
  // A view that negates or conjugates what it sees; torch.save keeps it as one.
  if (flags instanceof Map && (flags.get("neg") || flags.get("conj"))) {
    throw new FormatError(
      "The file holds a negated or conjugated view, which is not read here. In Python, save tensor.resolve_neg().resolve_conj() in its place.",
    );
  }
  return new TorchTensor(view, numbers, offset, axesOf(shape), axesOf(strides));
}

function axesOf(axes: unknown): readonly unknown[] {
  if (!Array.isArray(axes) || axes.length > maxAxes) {
    throw damagedPickle(`a tensor in it has no shape of at most ${maxAxes} axes`);
  }
  return axes.slice();
}

function tensorOf(value: unknown): TorchTensor {
  if (value instanceof TorchTensor) return value;
  throw damagedPickle("a parameter in it is no tensor");
}

/** A tensor that was given attributes: the function that makes it, its type, its arguments. */
function rebuildFromType([how, , args]: readonly unknown[]): TorchTensor {
  const call = how instanceof PickleGlobal ? rebuilds.get(how.name) : undefined;
  if (!call || !Array.isArray(args)) {
    throw damagedPickle("a tensor in it is made of something else");
  }
  return tensorOf(call(args));
}

function emptyDict(args: readonly unknown[]): Map<unknown, unknown> {
  if (args.length > 0) throw damagedPickle("an ordered dict in it is made of something else");
  return new Map();
}

function sizes([list]: readonly unknown[]): readonly unknown[] {
  return Array.isArray(list) ? list : [];
}

/** As PyTorch prints it: `cuda:0`. */
function device([type, index]: readonly unknown[]): string {
  if (typeof type !== "string" || type.length > 20) {
    throw damagedPickle("a device in it has no name");
  }
  return isCount(index) ? `${type}:${index}` : type;
}
