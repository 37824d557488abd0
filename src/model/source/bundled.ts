import catalog from "../../../models/catalog.json";
import { invariant } from "../../errors";
import { sha256 } from "../../math/sha256";
import { allocate } from "./allocate";
import { isThisMachine, openFileCache } from "./cache";
import {
  type DownloadProgress,
  type DownloadTools,
  downloadFiles,
  type RemoteFile,
} from "./download";

/** The model that comes with the page, and its lenses, as bytes that were checked. */
export type BundledFiles = {
  readonly name: string;
  /** Of the GGUF file as a whole. */
  readonly sha256: string;
  readonly gguf: Uint8Array<ArrayBuffer>;
  readonly lenses: readonly BundledLens[];
};

export type BundledLens = {
  readonly kind: "tuned";
  readonly name: string;
  /** The model it was trained for, as Hugging Face names it. */
  readonly baseModel: string;
  readonly sha256: string;
  readonly safetensors: Uint8Array<ArrayBuffer>;
  /** The text of its `receipt.json`. */
  readonly receipt: string;
};

/** Of the bundled model, which need not be here for that. */
export const bundledSha256: string = catalog.models[0].sha256;

/** What is done once there is more memory. */
const again = "press Read again";

/** Where Vite puts the files, by their paths from the project's root. */
const urls: Readonly<Record<string, string>> = import.meta.glob(
  "../../../models/**/*.{part*,safetensors}",
  { query: "?url", import: "default", eager: true },
);

/** Some kilobytes each: they come with the code. */
const receipts: Readonly<Record<string, string>> = import.meta.glob(
  "../../../models/*/*/receipt.json",
  { query: "?raw", import: "default", eager: true },
);

/**
 * Fetches the bundled model and its lenses, or takes them from the cache.
 *
 * @param onProgress sizes over all files together
 * @throws DownloadError if a file does not arrive as it was published
 * @throws signal.reason if `signal` aborts, at any moment
 */
export async function fetchBundled(
  onProgress: (progress: DownloadProgress & { readonly name: string }) => void,
  signal?: AbortSignal,
  tools?: Partial<DownloadTools>,
): Promise<BundledFiles> {
  const [model] = catalog.models;
  const { name } = model;
  const gguf = allocate(model.sizeBytes, name, again);
  const files: RemoteFile[] = [];
  let start = 0;
  for (const [i, part] of model.parts.entries()) {
    files.push({
      ...part,
      url: urlOf(part.file),
      name: `Part ${i + 1} of ${model.parts.length} of ${name}`,
      into: gguf.subarray(start, start + part.sizeBytes),
    });
    start += part.sizeBytes;
  }
  invariant(start === model.sizeBytes, "the catalog's parts are not as long as the model");

  const lenses = model.lenses.map((lens): BundledLens => {
    const [file] = lens.files;
    invariant(lens.kind === "tuned" && lens.files.length === 1, `${lens.folder} is no tuned lens`);
    const safetensors = allocate(file.sizeBytes, lens.name, again);
    files.push({
      ...file,
      url: urlOf(file.file),
      name: `The lens "${lens.name}" of ${name}`,
      into: safetensors,
    });
    const { kind, baseModel } = lens;
    const receipt = receipts[`../../../models/${lens.folder}/receipt.json`];
    return { kind, name: lens.name, baseModel, sha256: file.sha256, safetensors, receipt };
  });

  await downloadFiles(files, (progress) => onProgress({ ...progress, name }), signal, {
    fetch: (input, init) => globalThis.fetch(input, init),
    cache: await openFileCache(),
    sha256,
    now: () => performance.now(),
    ...tools,
  });
  return { name, sha256: model.sha256, gguf, lenses };
}

/**
 * Whether `fetchBundled` would find every file on this machine: in the cache, or served from here.
 * Nothing is fetched, and what is cached is not checked.
 */
export async function isBundledAtHand(
  hostname: string = globalThis.location?.hostname ?? "localhost",
  storage?: Pick<CacheStorage, "open">,
): Promise<boolean> {
  if (isThisMachine(hostname)) return true;
  const cache = await openFileCache(hostname, storage);
  if (!cache) return false;
  const [model] = catalog.models;
  const files = [...model.parts, ...model.lenses.flatMap((lens) => lens.files)];
  try {
    const cached = await Promise.all(files.map(({ sha256 }) => cache.get(sha256)));
    return cached.every((response) => response !== undefined);
  } catch {
    return false;
  }
}

function urlOf(file: string): string {
  const url = urls[`../../../models/${file}`];
  invariant(url, `models/${file} is in the catalog and not in the build`);
  return url;
}
