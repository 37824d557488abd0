import { FormatError, LensMismatchError } from "../errors";
import { openTensors } from "../format/openTensors";
import type { TensorSource } from "../format/tensorSource";
import { type LensConfig, parseLensConfig } from "../lens/lensConfig";
import { readLensFile } from "../lens/lensFile";
import { unembedWarning } from "../lens/unembedHash";
import { sha256OfBlobs } from "../math/sha256Blob";
import type { Model } from "../model/model";
import { fileKind } from "./fileKind";
import { modelUnembedHash } from "./modelUnembedHash";
import type { OpenLens, OpenLenses } from "./openLenses";
import type { FoundLens, NamedBlob } from "./protocol";
import { maxReceiptBytes, trainingIn } from "./training/receiptFile";
import type { KnownReceipt } from "./trainingProtocol";

/** A config.json says a few hundred bytes. */
const maxConfigBytes = 2 ** 20;
/** As of a name in a config. */
const maxNameLength = 500;
/** What lies beside the tensors of a lens that is unpacked. */
const slackBytes = 2 ** 20;

/**
 * Reads a lens for a model and opens it; the same file again is the lens that is open.
 *
 * @returns its name among the open ones
 * @throws LensMismatchError if it is for another model, or is not the file that was expected
 * @throws FormatError if it is damaged, or no lens
 */
export async function openLens(
  { name, parameters, config: configFile, receipt: receiptFile }: FoundLens,
  model: Model,
  lenses: OpenLenses,
  { sha256: expected, url }: { readonly sha256: string | null; readonly url: string | null },
): Promise<string> {
  const { blob } = parameters;
  const sum = () => sha256OfBlobs([blob]);
  // Seconds a gigabyte: a file that cannot be the one that is wanted, or open, is looked into first.
  const isSizeOpen = lenses.all().some(({ info }) => info.sizeBytes === blob.size);
  const known = expected || isSizeOpen ? await sum() : null;
  if (expected && known !== expected) {
    throw new LensMismatchError(
      `This is another lens than the link's. Its sha256 is ${known}, the link's ${expected}. Open the file that the link names, or keep the lens in use.`,
    );
  }
  const config = configFile && parseLensConfig(await textOf(configFile));
  const before = known === null ? null : lenses.bySha256(known);
  const isReceiptWanted = receiptFile && !before?.receipt;
  if (before && !isReceiptWanted && !saysMore(config, before)) return before.info.name;

  const { nLayers, dModel } = model.config;
  // Float64 is the widest that a lens is kept in.
  const lensBytes = 8 * nLayers * dModel * (dModel + 1) + slackBytes;
  const maxBytes = Math.max(2 * blob.size, lensBytes);
  const source = await openTensors(blob, await tensorKind(parameters), maxBytes);
  const lens = await readLensFile(source, config, model.info);
  const warnings = [...lens.warnings];
  if (config?.unembedHash) {
    const warning = unembedWarning(config, await modelUnembedHash(model));
    if (warning) warnings.push(warning);
  }
  const baseModel = config ? config.baseModel : baseModelOf(source);
  const sha256 = known ?? (await sum());
  const opened: OpenLens = {
    info: {
      kind: lens.kind,
      name: nameOf(name, baseModel, model),
      sha256,
      nLayers: nLayers - lens.missing.length,
      sizeBytes: blob.size,
      isBundled: before?.info.isBundled ?? false,
      url: url ?? before?.info.url ?? null,
      warnings,
    },
    translators: lens.translators,
    missing: lens.missing,
    baseModel,
    unembedHash: config?.unembedHash ?? null,
    receipt:
      before?.receipt ??
      (receiptFile && (await givenReceipt(receiptFile, sha256))) ??
      receiptWithin(source),
  };
  return before ? lenses.replace(before.info.name, opened) : lenses.add(opened);
}

/** Whether a config that came later tells of the lens's origin what is not known of it. */
const saysMore = (config: LensConfig | null, open: OpenLens) =>
  config !== null &&
  ((config.baseModel !== null && config.baseModel !== open.baseModel) ||
    (config.unembedHash !== null && config.unembedHash !== open.unembedHash));

/** As a safetensors file that was saved here says it; null where it does not. */
function baseModelOf({ metadata }: TensorSource): string | null {
  const name = metadata.get("base_model");
  const isName = typeof name === "string" && name !== "" && name.length <= maxNameLength;
  return isName ? name.toWellFormed() : null;
}

/** A file that is called as all of them are is named by the model that it is for. */
function nameOf(name: string, baseModel: string | null, model: Model): string {
  if (name !== "params") return name;
  return `${baseModel?.split("/").at(-1) || model.info.name} lens`;
}

/** What the file says of how the lens was trained; null where it is no receipt of that lens. */
async function givenReceipt({ blob }: NamedBlob, sha256: string): Promise<KnownReceipt | null> {
  const training = blob.size <= maxReceiptBytes ? trainingIn(await blob.text(), sha256) : null;
  return training && { training, isGiven: true };
}

/** As `givenReceipt`, of a safetensors file that was saved here. */
function receiptWithin({ metadata }: TensorSource): KnownReceipt | null {
  const json = metadata.get("receipt");
  if (typeof json !== "string" || json.length > maxReceiptBytes) return null;
  const training = trainingIn(json, null);
  return training && { training, isGiven: true };
}

async function textOf({ name, blob }: NamedBlob): Promise<string> {
  if (blob.size > maxConfigBytes) {
    throw new FormatError(`${name} has ${blob.size} bytes: it is no lens's config.json.`);
  }
  return blob.text();
}

async function tensorKind(file: NamedBlob) {
  const kind = await fileKind(file);
  if (kind === "safetensors" || kind === "torch" || kind === "npz") return kind;
  throw new FormatError(`${file.name} is no file of tensors: a lens is .pt, .safetensors or .npz.`);
}
