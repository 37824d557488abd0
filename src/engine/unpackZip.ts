import { FormatError } from "../errors";
import { openZip } from "../format/zip";
import { isJunk } from "./fileNames";
import { plainPath } from "./paths";
import type { NamedBlob } from "./protocol";

/**
 * A zipped folder may unpack to this much, or to twice its size where that is more: a lens of nothing but
 * biases is zeros, which pack to a thousandth, and has 236 MB for GPT-2 large.
 */
const maxUnpackedBytes = 2 ** 28;

/** Of a larger model's shards there are some two hundred. */
const maxUnpackedFiles = 1000;

/**
 * The files of a zipped folder, in a folder that is called as the archive: one that is unpacked beside it
 * is another.
 *
 * @throws FormatError if it is damaged, empty, or holds more than a lens or a model has
 */
export async function unpackZip({ name, blob }: NamedBlob): Promise<NamedBlob[]> {
  const entries = await openZip(blob, Math.max(2 * blob.size, maxUnpackedBytes));
  const wanted = [...entries.values()].filter((entry) => !isJunk(plainPath(entry.name)));
  if (wanted.length === 0) throw new FormatError("It is a zip archive with nothing in it.");
  if (wanted.length > maxUnpackedFiles) {
    throw new FormatError(
      `It is a zip archive of ${wanted.length} files, and a lens's or a model's has no more than ${maxUnpackedFiles}.`,
    );
  }
  const files: NamedBlob[] = [];
  for (const entry of wanted) {
    files.push({
      name: `${name}/${plainPath(entry.name)}`,
      blob: new Blob([await entry.read()]),
    });
  }
  return files;
}
