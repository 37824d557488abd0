import { FormatError } from "../errors";
import { readSlice } from "../format/readSlice";

/**
 * A JSON file of a model's, parsed.
 *
 * @param maxBytes more than any such file has
 * @throws FormatError if it is not there, too large, or no JSON
 */
export async function readJson(
  files: ReadonlyMap<string, Blob>,
  name: string,
  maxBytes: number,
): Promise<unknown> {
  const text = await readText(files, name, maxBytes);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FormatError(
      `${name} is not JSON: ${error instanceof Error ? error.message : error}.`,
    );
  }
}

/**
 * @param maxBytes more than any such file has
 * @throws FormatError if it is not there, or too large
 */
export async function readText(
  files: ReadonlyMap<string, Blob>,
  name: string,
  maxBytes: number,
): Promise<string> {
  const blob = files.get(name);
  if (!blob) throw new FormatError(`There is no ${name} among the model's files.`);
  if (blob.size > maxBytes) {
    throw new FormatError(`${name} has ${blob.size} bytes; no more than ${maxBytes} are read.`);
  }
  return new TextDecoder().decode(await readSlice(blob, 0, blob.size));
}
