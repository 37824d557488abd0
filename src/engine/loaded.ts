import { openGguf } from "../format/gguf";
import { openSafetensors } from "../format/safetensors";
import { readLensFile } from "../lens/lensFile";
import { nextTask } from "../math/nextTask";
import { configFromGguf } from "../model/configGguf";
import type { Model } from "../model/model";
import { openModel } from "../model/openModel";
import { fetchBundled } from "../model/source/bundled";
import { tokenizerFromGguf } from "../model/tokenizer";
import { weightsFromGguf } from "../model/weights";
import type { OpenLens } from "./openLenses";
import { baseOf, folderOf } from "./paths";
import type { FoundModel, LoadProgress } from "./protocol";
import { trainingIn } from "./training/receiptFile";

/** A model with the lenses that come with it. */
export type Loaded = {
  readonly model: Model;
  readonly lenses: readonly OpenLens[];
  readonly isBundled: boolean;
};

/**
 * The bundled model and lenses.
 *
 * @throws DownloadError, FormatError or LensMismatchError with a sentence for the page
 * @throws signal.reason if `signal` aborts
 */
export async function loadBundled(
  onProgress: (progress: LoadProgress) => void,
  signal: AbortSignal,
): Promise<Loaded> {
  const files = await fetchBundled(
    (progress) => onProgress({ status: "downloading", ...progress }),
    signal,
  );
  onProgress({ status: "preparing", name: files.name });
  await nextTask();
  signal.throwIfAborted();

  const file = await openGguf(files.gguf);
  const config = configFromGguf(file, files.name);
  const { family, nLayers, dModel, vocab, name } = config;
  const model: Model = {
    info: { name, family, nLayers, dModel, vocab, sha256: files.sha256 },
    config,
    weights: weightsFromGguf(file, config),
    tokenizer: tokenizerFromGguf(file.metadata),
    hasTokenizer: true,
    notice: null,
  };
  const lenses: OpenLens[] = [];
  for (const { kind, name, baseModel, sha256, safetensors, receipt } of files.lenses) {
    const training = trainingIn(receipt, sha256);
    const sizeBytes = safetensors.length;
    const { translators, missing } = await readLensFile(
      openSafetensors(safetensors),
      null,
      model.info,
    );
    lenses.push({
      info: { kind, name, sha256, sizeBytes, nLayers, isBundled: true, url: null, warnings: [] },
      translators,
      missing,
      baseModel,
      unembedHash: null,
      receipt: training && { training, isGiven: false },
    });
  }
  await nextTask();
  signal.throwIfAborted();
  return { model, lenses, isBundled: true };
}

/**
 * A model from files of the visitor's.
 *
 * @throws FormatError or UnsupportedError with a sentence for the page
 * @throws signal.reason if `signal` aborts
 */
export async function loadFiles(
  { name, files }: FoundModel,
  onProgress: (progress: LoadProgress) => void,
  signal: AbortSignal,
): Promise<Loaded> {
  onProgress({ status: "preparing", name });
  await nextTask();
  const blobs = new Map(files.map(({ name, blob }) => [baseOf(name), blob]));
  const config = files.find((file) => baseOf(file.name) === "config.json")?.name ?? "";
  const folder = folderOf(config).replace(/\.zip$/i, "");
  const model = await openModel(blobs, folder || name, signal);
  return { model, lenses: [], isBundled: false };
}
