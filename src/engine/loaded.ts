import { openGguf } from "../format/gguf";
import { openSafetensors } from "../format/safetensors";
import type { LensInfo } from "../lens/reading";
import type { Translator } from "../lens/translator";
import { readTunedLens } from "../lens/tunedLens";
import { nextTask } from "../math/nextTask";
import { configFromGguf } from "../model/configGguf";
import type { Model } from "../model/model";
import { fetchBundled } from "../model/source/bundled";
import { tokenizerFromGguf } from "../model/tokenizer";
import { weightsFromGguf } from "../model/weights";
import type { LoadProgress } from "./protocol";

export type OpenLens = {
  readonly info: LensInfo;
  /** By layer; null reads it with the logit lens. */
  readonly translators: readonly (Translator | null)[];
};

/** A model with the lenses that are open for it. */
export type Loaded = { readonly model: Model; readonly lenses: readonly OpenLens[] };

/** The lens that is always there: the final norm and the unembedding, and nothing before them. */
export const logitLens = ({ config }: Model): OpenLens => ({
  info: { kind: "logit", name: "logit lens", sha256: null },
  translators: Array(config.nLayers).fill(null),
});

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
  };
  const lenses = files.lenses.map(({ kind, name, sha256, safetensors }) => ({
    info: { kind, name, sha256 },
    translators: readTunedLens(openSafetensors(safetensors), model.info),
  }));
  await nextTask();
  signal.throwIfAborted();
  return { model, lenses };
}
