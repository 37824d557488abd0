/** Where a training lies while it runs: a few files of the page's own on this machine. */
export type RunStore = {
  /**
   * Puts these bytes in the place of the file. Its first 8 bytes are there only once all others are: a
   * write that was cut off leaves 8 zeros, or nothing.
   *
   * @throws whatever says that there is no room
   */
  write(name: string, parts: readonly Uint8Array[]): Promise<void>;
  /** null where there is no such file. */
  read(name: string): Promise<Blob | null>;
  /** Nothing happens where there is no such file. */
  remove(name: string): Promise<void>;
};

const markBytes = 8;

/**
 * The files in the origin's private file system; null where this browser, or a private window, has none.
 * Only a worker writes there in place.
 */
export async function openBrowserStore(): Promise<RunStore | null> {
  if (!globalThis.FileSystemFileHandle?.prototype.createSyncAccessHandle) return null;
  let folder: FileSystemDirectoryHandle;
  try {
    const root = await navigator.storage.getDirectory();
    folder = await root.getDirectoryHandle("training", { create: true });
  } catch {
    return null;
  }
  return {
    async write(name, parts) {
      const file = await folder.getFileHandle(name, { create: true });
      const handle = await file.createSyncAccessHandle();
      try {
        handle.truncate(0);
        handle.flush();
        let at = 0;
        const mark = new Uint8Array(markBytes);
        for (const part of parts) {
          if (at < markBytes) mark.set(part.subarray(0, markBytes - at), at);
          writeAll(handle, part, at);
          if (at < markBytes)
            writeAll(handle, new Uint8Array(Math.min(markBytes - at, part.length)), at);
          at += part.length;
        }
        handle.flush();
        writeAll(handle, mark, 0);
        handle.flush();
      } finally {
        handle.close();
      }
    },
    async read(name) {
      try {
        return await (await folder.getFileHandle(name)).getFile();
      } catch (error) {
        if (isNotFound(error)) return null;
        throw error;
      }
    },
    async remove(name) {
      await folder.removeEntry(name).catch((error) => {
        if (!isNotFound(error)) throw error;
      });
    },
  };
}

/** A handle writes as much as there is room for, and says how much that was. */
function writeAll(handle: FileSystemSyncAccessHandle, bytes: Uint8Array, at: number): void {
  const written = handle.write(bytes as Uint8Array<ArrayBuffer>, { at });
  if (written < bytes.length) throw new DOMException("The disk is full.", "QuotaExceededError");
}

const isNotFound = (error: unknown) =>
  error instanceof DOMException && error.name === "NotFoundError";
