import type { TorchContents } from "./torchPickle";
import type { StridedTensor, TorchStorage } from "./torchTensor";

export type StorageReader = {
  /** Whether no other tensor sees any of the storage: what `read` gives is not looked at again. */
  isAlone(storage: TorchStorage): boolean;
  /** All bytes of a tensor's storage. */
  read(name: string, storage: TorchStorage): Promise<Uint8Array<ArrayBuffer>>;
};

/**
 * Reads storages, and those that tensors share once: they are kept until each of their tensors was read.
 *
 * A stacked lens has its weights in one storage and its biases in another, and is read layer by layer:
 * without this, all weights would be read anew for every layer.
 *
 * @param maxBytes what is kept at most; a storage that there is no room for is read as often as it is needed
 */
export function createStorageReader(
  { readStorage }: TorchContents,
  tensors: ReadonlyMap<string, StridedTensor>,
  maxBytes: number,
): StorageReader {
  const views = new Map<TorchStorage, number>();
  const unread = new Map<TorchStorage, Set<string>>();
  for (const [name, { storage }] of tensors) {
    views.set(storage, (views.get(storage) ?? 0) + 1);
    unread.set(storage, (unread.get(storage) ?? new Set()).add(name));
  }
  const kept = new Map<TorchStorage, Uint8Array<ArrayBuffer>>();
  let keptBytes = 0;

  return {
    isAlone: (storage) => views.get(storage) === 1,
    async read(name, storage) {
      const left = unread.get(storage)!;
      left.delete(name);
      const old = kept.get(storage);
      if (old) {
        if (left.size === 0) {
          kept.delete(storage);
          keptBytes -= old.length;
        }
        return old;
      }
      const bytes = await readStorage(storage);
      if (left.size > 0 && !kept.has(storage) && keptBytes + bytes.length <= maxBytes) {
        kept.set(storage, bytes);
        keptBytes += bytes.length;
      }
      return bytes;
    },
  };
}
