import { FormatError } from "../errors";
import { openSafetensors, openShardedSafetensors } from "../format/safetensors";
import type { TensorFile } from "../format/tensorFile";
import { printable } from "../math/printable";
import { type FoundModel, type ModelFiles, shardsOf } from "./findModelFiles";
import { readText } from "./readJson";
import { readWeightFiles } from "./readWeightFiles";

/** An index has a line a tensor: that of 40,000. */
const maxIndexBytes = 2 ** 22;

/**
 * Reads the safetensors files of a model: one, or those that its index names.
 *
 * @returns their tensors, and the sha256 of the files' bytes in the order of their names
 * @throws FormatError that names the file that is missing or damaged
 * @throws UnsupportedError if the browser does not give the memory
 * @throws signal.reason if `signal` aborts
 */
export async function readSafetensors(
  files: ModelFiles,
  { format, files: found }: FoundModel,
  signal?: AbortSignal,
): Promise<{ readonly file: TensorFile; readonly sha256: string }> {
  if (found.length > 1) {
    throw new FormatError(
      format === "index"
        ? `There are ${found.length} indices of weights here: ${listed(found)}. Open the folder of one model.`
        : `The weights are in ${found.length} files, and model.safetensors.index.json, which says what is in which, is not here. Open the whole folder.`,
    );
  }
  const [name] = found;
  const index = format === "index" ? await readText(files, name, maxIndexBytes) : null;
  const names = index === null ? [name] : (await shardsOf(files.get(name)!)).sort();
  const missing = names.filter((shard) => !files.has(shard));
  if (missing.length > 0) {
    throw new FormatError(
      `${missing.length} of the model's ${names.length} weight files are missing: ${listed(missing)}. Open the whole folder.`,
    );
  }
  const blobs = new Map(names.map((shard) => [shard, files.get(shard)!]));
  const read = await readWeightFiles(blobs, openSafetensors, signal);
  if (index === null) return { file: read.files.get(name)!.opened, sha256: read.sha256 };
  const bytes = new Map(Array.from(read.files, ([shard, file]) => [shard, file.bytes]));
  return { file: openShardedSafetensors(index, bytes), sha256: read.sha256 };
}

/** Names as a sentence may hold them. */
export function listed(names: readonly string[], most = 10): string {
  const rest = names.length - most;
  const shown = names
    .slice(0, most)
    .map((name) => printable(name))
    .join(", ");
  return rest > 0 ? `${shown} and ${rest} more` : shown;
}
