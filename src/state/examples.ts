import { DownloadError } from "../errors";
import { parseReadings } from "../lens/parseReading";
import type { Reading } from "../lens/reading";
import examples from "./examples.json";

/** A prompt that teaches something, with its readings recorded by `npm run record`. */
export type Example = {
  /** Of its file, `recorded/<name>.json`. */
  readonly name: string;
  /** What the page calls it. */
  readonly label: string;
  readonly prompt: string;
};

export { examples };

/** The example whose prompt this is. */
export const exampleOf = (prompt: string): Example | null =>
  examples.find((example) => example.prompt === prompt) ?? null;

/**
 * The recorded readings of an example, one a lens.
 *
 * @throws DownloadError if they do not arrive
 */
export async function fetchRecorded({ name, label }: Example): Promise<Reading[]> {
  const response = await fetch(`${import.meta.env.BASE_URL}recorded/${name}.json`).catch(
    () => null,
  );
  if (!response?.ok) {
    throw new DownloadError(
      `The recorded reading of ${label} did not arrive. Press Read to read it here.`,
    );
  }
  return parseReadings(await response.text());
}
