import { DownloadError } from "../errors";
import { sha256 } from "../math/sha256";
import list from "./corpora.json";

/** A text to train on that comes with the page; `public/corpora/README.md` says where each is from. */
export type Corpus = {
  readonly id: string;
  /** What the page calls it. */
  readonly name: string;
  readonly by: string;
  /** Of the edition. */
  readonly year: number;
  /** Its file, `corpora/<file>`. */
  readonly file: string;
  /** The `length` of its string. */
  readonly characters: number;
  readonly sizeBytes: number;
  /** Of the file's bytes, lower-case hex. */
  readonly sha256: string;
  readonly licence: string;
};

export const corpora: readonly Corpus[] = list;

/** The file's bytes; null if the server has none, or they do not arrive to the end. */
async function bytesOf({ file }: Corpus, signal?: AbortSignal) {
  try {
    const response = await fetch(`${import.meta.env.BASE_URL}corpora/${file}`, { signal });
    return response.ok ? new Uint8Array(await response.arrayBuffer()) : null;
  } catch {
    signal?.throwIfAborted();
    return null;
  }
}

/**
 * The text of a corpus, as it was published.
 *
 * @throws DownloadError if it does not arrive, or is not what was published
 * @throws the signal's reason once it is aborted
 */
export async function fetchCorpus(corpus: Corpus, signal?: AbortSignal): Promise<string> {
  const bytes = await bytesOf(corpus, signal);
  if (!bytes) {
    throw new DownloadError(
      `The text ${corpus.name} did not arrive. Check the connection and choose it again, or paste a text of your own.`,
    );
  }
  const damage =
    bytes.length !== corpus.sizeBytes
      ? `it has ${bytes.length} bytes, expected ${corpus.sizeBytes}`
      : await sha256(bytes).then((found) =>
          found === corpus.sha256 ? null : `its sha256 is ${found}, expected ${corpus.sha256}`,
        );
  if (damage) {
    throw new DownloadError(
      `The text ${corpus.name} is not what was published (${damage}). Choose it again, or paste a text of your own.`,
    );
  }
  return new TextDecoder().decode(bytes);
}
