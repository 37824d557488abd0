import type { LensInfo, ModelInfo } from "./reading";
import type { App } from "./readingJson";
import type { Translator } from "./translator";

/**
 * The text of `config.json` in a tuned lens's folder, as tuned-lens 0.2 writes it
 * (AlignmentResearch/tuned-lens `tuned_lens/nn/lenses.py`, `TunedLensConfig`).
 *
 * `TunedLens.from_unembed_and_pretrained` makes `num_hidden_layers` translators of width `d_model`
 * and fills them from `params.pt`, which must name these and no others; it warns where `unembed_hash`
 * is given and not the unembedding's, and of keys that it does not know.
 *
 * @param model.baseModel its name on the Hugging Face Hub, or where it was saved
 * @param unembedHash of the unembedding that the lens was made with, as that library computes it
 */
export function lensConfigJson(
  model: Pick<ModelInfo, "nLayers" | "dModel"> & { readonly baseModel: string },
  unembedHash: string | null,
): string {
  return toText({
    base_model_name_or_path: model.baseModel,
    d_model: model.dModel,
    num_hidden_layers: model.nLayers,
    bias: true,
    base_model_revision: null,
    unembed_hash: unembedHash,
    lens_type: "linear_tuned_lens",
  });
}

/** A saved lens's origin, as `receipt.json` beside it says it. */
export type LensReceipt = {
  readonly format: "midthought-lens-receipt/1";
  /** Who saved it. */
  readonly app: App;
  /** The model that it was open for. */
  readonly model: ModelInfo;
  /** `sha256` is that of the file that it came from; null where it came from none. */
  readonly lens: LensInfo;
  /** The file of parameters that the receipt is for, by its bytes. */
  readonly params: { readonly file: string; readonly sha256: string };
  /** When it was saved: an ISO 8601 date, as the caller gives it. */
  readonly date: string;
  /** What was said of it where it was trained here (`engine/trainingProtocol.ts`, `TrainingReceipt`). */
  readonly training?: object;
};

/** The text of `receipt.json`. */
export function lensReceipt({
  app,
  model,
  lens,
  params,
  date,
  training,
}: Omit<LensReceipt, "format">): string {
  const receipt: LensReceipt = {
    format: "midthought-lens-receipt/1",
    app: { name: app.name, version: app.version },
    model: {
      name: model.name,
      family: model.family,
      nLayers: model.nLayers,
      dModel: model.dModel,
      vocab: model.vocab,
      sha256: model.sha256,
    },
    lens: { kind: lens.kind, name: lens.name, sha256: lens.sha256 },
    params: { file: params.file, sha256: params.sha256 },
    date,
    training, // left out where there is none
  };
  return toText(receipt);
}

/**
 * The translators by the names that they have in `params.pt`, in its order: `0.weight`
 * `[dModel, dModel]`, `0.bias` `[dModel]`, `1.weight` …
 *
 * All layers have to be there: the library fills every translator or none. So a Jacobian lens, which
 * begins at layer 1, is no tuned lens's folder.
 */
export function lensTensors(
  translators: readonly Translator[],
): Map<string, { readonly shape: readonly number[]; readonly values: Float32Array }> {
  return new Map(
    translators.flatMap(({ weight, bias }, layer) => [
      [`${layer}.weight`, { shape: [bias.length, bias.length], values: weight }],
      [`${layer}.bias`, { shape: [bias.length], values: bias }],
    ]),
  );
}

const toText = (value: object): string => `${JSON.stringify(value, null, 2)}\n`;
