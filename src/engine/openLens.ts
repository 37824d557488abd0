import { FormatError, LensMismatchError } from "../errors";
import { openTensors } from "../format/openTensors";
import { type LensConfig, parseLensConfig } from "../lens/lensConfig";
import { readLensFile } from "../lens/lensFile";
import { unembedWarning } from "../lens/unembedHash";
import { sha256OfBlobs } from "../math/sha256Blob";
import type { Model } from "../model/model";
import { fileKind } from "./fileKind";
import { modelUnembedHash } from "./modelUnembedHash";
import type { OpenLenses } from "./openLenses";
import type { FoundLens, NamedBlob } from "./protocol";

/** A config.json says a few hundred bytes. */
const maxConfigBytes = 2 ** 20;
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
  { name, parameters, config: configFile }: FoundLens,
  model: Model,
  lenses: OpenLenses,
  { sha256: expected, url }: { readonly sha256: string | null; readonly url: string | null },
): Promise<string> {
  const { blob } = parameters;
  const sha256 = await sha256OfBlobs([blob]);
  if (expected && sha256 !== expected) {
    throw new LensMismatchError(
      `This is another lens than the link's. Its sha256 is ${sha256}, the link's ${expected}. Open the file that the link names, or keep the lens in use.`,
    );
  }
  const open = lenses.bySha256(sha256);
  if (open) return open.info.name;

  const config = configFile && parseLensConfig(await textOf(configFile));
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
  return lenses.add({
    info: {
      kind: lens.kind,
      name: nameOf(name, config, model),
      sha256,
      nLayers: nLayers - lens.missing.length,
      sizeBytes: blob.size,
      isBundled: false,
      url,
      warnings,
    },
    translators: lens.translators,
    missing: lens.missing,
    baseModel: config?.baseModel ?? null,
    unembedHash: config?.unembedHash ?? null,
  });
}

/** A file that is called as all of them are is named by the model that it is for. */
function nameOf(name: string, config: LensConfig | null, model: Model): string {
  if (name !== "params") return name;
  return `${config?.baseModel?.split("/").at(-1) || model.info.name} lens`;
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
