import { LensError } from "../../errors";
import { openTensors } from "../../format/openTensors";
import { parseReadings } from "../../lens/parseReading";
import type { Model } from "../../model/model";
import { openModel } from "../../model/openModel";
import { weightShapes } from "../../model/weightShapes";
import { fileKind } from "../fileKind";
import { inspectFiles } from "../inspectFiles";
import { openLens } from "../openLens";
import { createOpenLenses, type OpenLens } from "../openLenses";
import type { FoundLens, FoundModel, NamedBlob } from "../protocol";

/** What dropped files are opened with. */
export type Target = {
  /** What a lens is opened for. */
  readonly model: Model;
  /** Files of tensors that are no lens: all tensors are read, as a lens's would be. */
  readonly isTensorsOnly: boolean;
};

/** What became of one of the files that were dropped. */
export type Outcome =
  /** `sentences` are what the page says of it all the same. */
  | { readonly status: "opened"; readonly as: string; readonly sentences: readonly string[] }
  /** `by` is the kind of the error, or the door: what is known of a file without opening it. */
  | { readonly status: "refused"; readonly by: string; readonly message: string }
  | { readonly status: "ignored" };

/** The whole way that dropped files go, as far as it needs no session. Throws what is not a LensError. */
export async function openDropped(
  files: readonly NamedBlob[],
  target: Target,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const found of await inspectFiles(files)) {
    switch (found.kind) {
      case "lens":
        outcomes.push(await attempt(() => openOne(found, target)));
        break;
      case "model":
        outcomes.push(await attempt(() => openWhole(found)));
        break;
      case "reading":
        outcomes.push(await attempt(() => openReading(found.file.blob)));
        break;
      case "refused":
        outcomes.push({ status: "refused", by: "door", message: found.why });
        break;
      default:
        outcomes.push({ status: "ignored" });
    }
  }
  return outcomes;
}

type Opened = Omit<Extract<Outcome, { status: "opened" }>, "status">;

async function attempt(open: () => Promise<Opened>): Promise<Outcome> {
  try {
    return { status: "opened", ...(await open()) };
  } catch (error) {
    if (!(error instanceof LensError)) throw error;
    return { status: "refused", by: error.name, message: error.message };
  }
}

async function openOne(found: FoundLens, { model, isTensorsOnly }: Target): Promise<Opened> {
  if (isTensorsOnly) return readTensors(found.parameters);
  const lenses = createOpenLenses(model.config.nLayers, []);
  const lens = lenses.named(await openLens(found, model, lenses, { sha256: null, url: null }));
  checkLens(lens, model);
  return { as: `${lens.info.kind} lens`, sentences: lens.info.warnings };
}

/** What was opened can be read with. */
function checkLens({ translators, missing }: OpenLens, { config }: Model): void {
  const { nLayers, dModel } = config;
  if (translators.length !== nLayers) throw new Error(`${translators.length} translators`);
  for (const [layer, translator] of translators.entries()) {
    if ((translator === null) !== missing.includes(layer)) throw new Error(`${layer} is missing`);
    if (!translator) continue;
    const { weight, bias } = translator;
    const isWhole = weight.length === dModel ** 2 && bias.length === dModel;
    if (!isWhole || ![...weight, ...bias].every(Number.isFinite)) {
      throw new Error(`layer ${layer} has a translator that cannot be used`);
    }
  }
}

/** A tensor that is refused keeps the others from nothing. */
async function readTensors(file: NamedBlob): Promise<Opened> {
  const kind = await fileKind(file);
  if (kind !== "torch" && kind !== "npz" && kind !== "safetensors") throw new Error(`a ${kind}`);
  const source = await openTensors(file.blob, kind, Math.max(2 * file.blob.size, 2 ** 16));
  const sentences: string[] = [];
  for (const [name, { shape }] of source.tensors) {
    try {
      const { length } = await source.read(name);
      if (length !== shape.reduce((a, b) => a * b, 1)) throw new Error(`${length} of [${shape}]`);
    } catch (error) {
      if (!(error instanceof LensError)) throw error;
      sentences.push(error.message);
    }
  }
  return { as: "tensors", sentences };
}

async function openWhole({ name, files }: FoundModel): Promise<Opened> {
  const blobs = new Map(
    files.map(({ name, blob }) => [name.slice(name.lastIndexOf("/") + 1), blob]),
  );
  const { config, weights, tokenizer, notice } = await openModel(blobs, name);
  // What its config says is there: nothing is left to be found out when it is run.
  for (const [name, { shape, isOptional }] of weightShapes(config)) {
    if (isOptional && !weights.has(name)) continue;
    const { length } = weights.read(name);
    if (length !== shape.reduce((a, b) => a * b, 1)) throw new Error(`${name} has ${length}`);
  }
  tokenizer.tokenText(0);
  return { as: "model", sentences: notice === null ? [] : [notice] };
}

async function openReading(blob: Blob): Promise<Opened> {
  parseReadings(await blob.text());
  return { as: "reading", sentences: [] };
}
