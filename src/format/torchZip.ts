import { FormatError } from "../errors";
import { printable } from "../math/printable";
import { maxPickleBytes, readTorchPickle, type TorchContents } from "./torchPickle";
import { openZip, type ZipEntry } from "./zip";

/**
 * A file of PyTorch since 1.6: a zip archive of one folder, with `data.pkl` and `data/<key>` for the
 * storage of each key.
 *
 * pytorch/pytorch `torch/serialization.py`, `_save` and `_load`.
 *
 * @param maxBytes what all of it may unpack to
 * @throws FormatError if it is none, or damaged
 */
export async function openTorchZip(blob: Blob, maxBytes: number): Promise<TorchContents> {
  const entries = await openZip(blob, maxBytes);
  const pickles = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (pickles.length !== 1) {
    throw new FormatError(`This zip archive is no file of torch.save: ${pickleProblem(entries)}.`);
  }
  const [name] = pickles;
  const folder = name.slice(0, -"data.pkl".length);
  if (entries.has(`${folder}constants.pkl`)) {
    throw new FormatError(
      'This is a TorchScript file, which holds code beside its tensors. In Python, save the tensors alone: torch.save(lens.state_dict(), "params.pt").',
    );
  }
  const order = entries.get(`${folder}byteorder`);
  if (order && new TextDecoder().decode(await order.head(16)) !== "little") {
    throw new FormatError(
      "This file of torch.save is not little-endian, which alone is read here.",
    );
  }
  const pickle = entries.get(name)!;
  if (pickle.sizeBytes > maxPickleBytes) {
    throw new FormatError(
      `The file's pickle has ${pickle.sizeBytes} bytes, and no lens has one of more than ${maxPickleBytes}.`,
    );
  }

  const { value, storages } = readTorchPickle(await pickle.read());
  for (const { key, sizeBytes } of storages.values()) {
    const stored = entries.get(`${folder}data/${key}`);
    if (stored?.sizeBytes !== sizeBytes) {
      throw new FormatError(
        `The file is damaged: its data/${printable(key)} ${stored ? `has ${stored.sizeBytes} bytes` : "is missing"}, and should have ${sizeBytes}${stored ? "" : " bytes"}.`,
      );
    }
  }
  return {
    value,
    pickleBytes: pickle.sizeBytes,
    readStorage: ({ key }) => entries.get(`${folder}data/${key}`)!.read(),
  };
}

/** What is wrong with the `data.pkl` of an archive that has not one, in a folder. */
function pickleProblem(entries: ReadonlyMap<string, ZipEntry>): string {
  const count = [...entries.keys()].filter((name) => /(^|\/)data\.pkl$/.test(name)).length;
  if (count === 0) return "it holds no file data.pkl";
  if (count > 1) return `it holds ${count} files data.pkl, and should hold one`;
  return "its data.pkl is not in a folder at its top. If it was unpacked and packed again, open the file that it was before";
}
