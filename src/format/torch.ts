import { FormatError } from "../errors";
import { printable } from "../math/printable";
import { findEncoding } from "./encoding";
import { readSlice } from "./readSlice";
import { elementCount, findTensor } from "./tensorFile";
import type { TensorSource } from "./tensorSource";
import { openTorchLegacy } from "./torchLegacy";
import type { TorchContents } from "./torchPickle";
import { createStorageReader } from "./torchStorages";
import { checkTensor, coversStorage, decodeTensor } from "./torchTensor";
import { flattenTree } from "./torchTree";
import { openTorchZip } from "./torchZip";

/**
 * The tensors of a file that `torch.save` wrote, by dotted path, in either of its containers.
 *
 * Nothing in the file is run: its pickle is interpreted, and may ask for what tensors are made of and
 * nothing else. Where the tensors were (`cuda:0`) makes no difference.
 *
 * @param maxBytes what a zip archive may unpack to, and what one tensor may have as float32
 * @throws FormatError if it is another kind of file, is damaged, or asks for more than tensors need
 */
export async function openTorch(blob: Blob, maxBytes: number): Promise<TensorSource> {
  const head = await readSlice(blob, 0, Math.min(blob.size, 512));
  const text = new TextDecoder("latin1").decode(head);
  if (text.startsWith("PK")) return createSource(await openTorchZip(blob, maxBytes), maxBytes);
  if (text.startsWith("ustar", 257)) {
    throw new FormatError(
      "This is a tar archive, as PyTorch wrote before 0.2, which is not read here. Open it in Python, and save it anew.",
    );
  }
  // Protocols 2 to 5 begin with their number, and a long integer of the older ones with an L.
  if (head[0] === 0x80 || head[0] === 0x4c) {
    return createSource(await openTorchLegacy(blob), maxBytes);
  }
  throw new FormatError(
    "This is no file of torch.save: it begins neither as a zip archive nor as a pickle.",
  );
}

function createSource(contents: TorchContents, maxBytes: number): TensorSource {
  const tree = flattenTree(contents.value, contents.pickleBytes);
  const tensors = new Map(
    Array.from(tree.tensors, ([name, tensor]) => [name, checkTensor(name, tensor)]),
  );
  const storages = createStorageReader(contents, tensors, maxBytes);

  return {
    metadata: tree.metadata,
    tensors,
    async read(name) {
      const tensor = findTensor(tensors, name);
      const encoding = findEncoding(name, tensor.dtype);
      const sizeBytes = 4 * elementCount(tensor.shape);
      if (sizeBytes > maxBytes) {
        throw new FormatError(
          `Tensor ${printable(name)} has ${sizeBytes} bytes as float32, and no more than ${maxBytes} are read.`,
        );
      }
      const bytes = await storages.read(name, tensor.storage);
      const isOwn = storages.isAlone(tensor.storage) && coversStorage(tensor);
      if (isOwn && tensor.dtype === "F32") return new Float32Array(bytes.buffer);
      return decodeTensor(tensor, bytes, encoding);
    },
  };
}
