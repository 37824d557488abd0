import { UnsupportedError } from "../errors";
import { safetensorsBlob } from "../format/safetensorsWriter";
import { torchBlob } from "../format/torchWriter";
import { zipBlob } from "../format/zipWriter";
import { type LensReceipt, lensConfigJson, lensReceipt, lensTensors } from "../lens/lensFolder";
import type { App } from "../lens/readingJson";
import type { Translator } from "../lens/translator";
import { sha256OfBlobs } from "../math/sha256Blob";
import type { Model } from "../model/model";
import { modelUnembedHash } from "./modelUnembedHash";
import type { OpenLens } from "./openLenses";
import type { LensFormat } from "./protocol";
import type { KnownReceipt } from "./trainingProtocol";

/**
 * A lens as a file that Python opens: a folder for tuned-lens, zipped, with a receipt that says where it
 * comes from; or one safetensors file of the same tensors, whose metadata say how it was trained.
 *
 * @throws UnsupportedError if it lacks layers: tuned-lens fills every translator or none
 */
export async function saveLens(
  { info, translators, missing, baseModel, unembedHash, receipt: known }: OpenLens,
  model: Model,
  format: LensFormat,
  app: App,
): Promise<Blob> {
  if (missing.length > 0) {
    throw new UnsupportedError(
      `The lens ${info.name} has nothing for ${missing.length} of ${model.config.nLayers} layers, and tuned-lens opens whole lenses only. Keep the file that it came from.`,
    );
  }
  const { kind, name, sha256 } = info;
  const tensors = lensTensors(translators.filter((one): one is Translator => one !== null));
  if (format !== "folder") {
    const metadata = {
      base_model: baseModel ?? model.info.name,
      lens_type: "linear_tuned_lens",
      made_with: `${app.name} ${app.version}`,
      model_sha256: model.info.sha256,
      ...(known && { receipt: receiptWithin(known, app) }),
    };
    if (format === "safetensors") return safetensorsBlob(tensors, metadata);
    checkHalves(tensors, name);
    return safetensorsBlob(tensors, metadata, "F16");
  }
  const params = await torchBlob(tensors);
  const receipt = {
    app,
    model: model.info,
    lens: { kind, name, sha256 },
    params: { file: "params.pt", sha256: await sha256OfBlobs([params]) },
    date: new Date().toISOString(),
    training: known?.training,
  };
  const isTrainedHere = known?.isGiven === false;
  const hash = isTrainedHere ? await modelUnembedHash(model) : unembedHash;
  const config = { ...model.info, baseModel: baseModel ?? model.info.name };
  const text = (value: string) => [new TextEncoder().encode(value)];
  return zipBlob([
    { name: "config.json", data: text(lensConfigJson(config, hash)) },
    { name: "params.pt", data: params },
    { name: "receipt.json", data: text(lensReceipt(receipt)) },
  ]);
}

/**
 * `receipt.json` as it stands within the file that it is of: without that file's sum; and without a date
 * and the sum of the file before, so that the same lens is saved as the same bytes.
 */
function receiptWithin({ training }: KnownReceipt, { name, version }: App): string {
  const receipt: Pick<LensReceipt, "format" | "app" | "training"> = {
    format: "midthought-lens-receipt/1",
    app: { name, version },
    training,
  };
  return JSON.stringify(receipt);
}

/** What float16 rounds to at most; from 65,520 on it is infinite. */
const largestHalf = 65_504;

/** @throws UnsupportedError if a parameter is past float16 */
function checkHalves(tensors: ReturnType<typeof lensTensors>, lens: string): void {
  for (const [tensor, { values }] of tensors) {
    const large = values.find((value) => Math.abs(value) > largestHalf);
    if (large === undefined) continue;
    throw new UnsupportedError(
      `${tensor} of the lens ${lens} holds ${large.toPrecision(3)}, and float16 ends at 65,504. Save it as float32.`,
    );
  }
}
