import { FormatError } from "../errors";
import { printable } from "../math/printable";
import { readPickle } from "./pickle";
import { damagedPickle } from "./pickleBytes";
import { readSlice } from "./readSlice";
import { maxPickleBytes, readTorchPickle, type TorchContents } from "./torchPickle";
import type { TorchStorage } from "./torchTensor";

/** What torch.save pickles before all else, where it writes no zip archive. */
const magic = 0x1950a86a20f9469cfc6cn;

/** The version of the container; there has been one. */
const version = 1001;

/** How many numbers a storage has stands before them, as an int64. */
const countBytes = 8;

/**
 * A file of PyTorch before 1.6, and of `_use_new_zipfile_serialization=False` since: pickles of a magic
 * number, a version, the machine that wrote it, the object, and its storages' keys; then the storages.
 *
 * pytorch/pytorch `torch/serialization.py`, `_legacy_save` and `_legacy_load`.
 *
 * @throws FormatError if it is none, or damaged
 */
export async function openTorchLegacy(blob: Blob): Promise<TorchContents> {
  const head = await readSlice(blob, 0, Math.min(blob.size, maxPickleBytes));
  const plain = { globals: new Map() };

  const first = readPickle(head, 0, plain);
  if (first.value !== magic) {
    throw new FormatError(
      'This is a pickle, and no file of torch.save. In Python, save tensors by name: torch.save(lens.state_dict(), "params.pt").',
    );
  }
  const second = readPickle(head, first.end, plain);
  if (second.value !== version) {
    throw new FormatError("This file of torch.save has a version that is not read here.");
  }
  const machine = readPickle(head, second.end, plain);
  if (!(machine.value instanceof Map) || machine.value.get("little_endian") !== true) {
    throw new FormatError("This file of torch.save is big-endian, which is not read here.");
  }
  const { value, storages, end } = readTorchPickle(head, machine.end);
  const keys = readPickle(head, end, plain);

  const starts = findStorages(keys.value, storages, keys.end);
  const fileBytes = starts.end;
  if (fileBytes > blob.size) {
    throw new FormatError(
      `The file is truncated: its last tensor ends at byte ${fileBytes}, the file at ${blob.size}.`,
    );
  }
  return {
    value,
    pickleBytes: keys.end,
    async readStorage(storage) {
      const { key, dtype, sizeBytes } = storage;
      const start = starts.ofStorage.get(storage)!;
      const header = await readSlice(blob, start - countBytes, start);
      const count = new DataView(header.buffer).getBigInt64(0, true);
      if (count !== BigInt(sizeBytes / dtype.itemBytes)) {
        throw new FormatError(
          `The file is damaged: its storage ${printable(key)} has ${count} numbers, and should have ${sizeBytes / dtype.itemBytes}.`,
        );
      }
      return readSlice(blob, start, start + sizeBytes);
    },
  };
}

/** Where the numbers of each storage begin, in bytes of the file, and where the last one's end. */
function findStorages(keys: unknown, storages: ReadonlyMap<string, TorchStorage>, start: number) {
  const ofStorage = new Map<TorchStorage, number>();
  let end = start;
  for (const key of Array.isArray(keys) ? keys : []) {
    const storage = storages.get(key);
    if (!storage || ofStorage.has(storage)) {
      throw damagedPickle("its list of storages names one that no tensor has, or one twice");
    }
    ofStorage.set(storage, end + countBytes);
    end += countBytes + storage.sizeBytes;
  }
  if (ofStorage.size < storages.size) {
    throw damagedPickle("its list of storages lacks one that a tensor has");
  }
  return { ofStorage, end };
}
