import { FileRefusedError, LensError } from "../errors";
import { fileKind, standIn } from "./fileKind";
import { isBeside, isJunk, isOfTraining, isOpenedHere, isSpare, originalOf } from "./fileNames";
import { createKnower, type KnownFile } from "./knownFile";
import { isTensors, lensesIn } from "./lensesIn";
import { modelsIn } from "./modelsIn";
import { folderOf, plainPath } from "./paths";
import type { Found, NamedBlob } from "./protocol";
import { uniqueNames } from "./uniqueNames";
import { unpackZip } from "./unpackZip";

/** Each is looked into: those of a model and of many lenses, and not those of a whole disk. */
const maxFiles = 10_000;

type Refused = Extract<Found, { kind: "refused" }>;

/**
 * What these files are, by their bytes and the folders they lie in; a zipped folder is unpacked. Names in
 * what comes back are unique: of files of one name, all but the first are in folders of their own.
 *
 * What a model's or a lens's folder has besides is ignored, and only refused where nothing else is found.
 *
 * @throws FileRefusedError if there are too many
 */
export async function inspectFiles(given: readonly NamedBlob[]): Promise<Found[]> {
  const files = given
    .map(({ name, blob }) => ({ name: plainPath(name), blob }))
    .filter(({ name }) => !isJunk(name));
  if (files.length > maxFiles) {
    throw new FileRefusedError(
      `There are ${files.length.toLocaleString("en")} files here, and no more than ${maxFiles.toLocaleString("en")} are looked through. Open the folder of one model or lens.`,
    );
  }
  const { folders, standIns, refused } = await sorted(files);

  const models = new Map<string, readonly Found[]>();
  for (const [folder, left] of folders) models.set(folder, await modelsIn(folder, left));
  const hasModel = [...models.values()].some(({ length }) => length > 0);
  const hasTensors = leftIn(folders).some(
    ({ kind, name }) => isTensors(kind) && !isOfTraining(name),
  );
  const found: Found[] = [];
  for (const [folder, left] of folders) {
    const inFolder = models.get(folder) ?? [];
    // A folder with a lens's config and no model makes a lens of whatever it is called.
    const isLensFolder =
      inFolder.length === 0 && [...left].some(({ configOf }) => configOf === "lens");
    const isLens = ({ name }: KnownFile) =>
      isLensFolder ||
      !((hasModel && isSpare(name)) || ((hasModel || hasTensors) && isOfTraining(name)));
    found.push(...inFolder, ...lensesIn(folder, left, isLens));
  }

  const rest = leftIn(folders);
  const readings = new Set<KnownFile>();
  for (const file of rest) if (await isSavedReading(file)) readings.add(file);
  const isAny = found.length > 0 || readings.size > 0;
  const isExplained = isAny || standIns.length > 0 || refused.length > 0;
  const isDescribed = rest.some(({ configOf }) => configOf !== null);
  for (const file of rest) {
    const { configOf } = file;
    if (readings.has(file)) found.push({ kind: "reading", file });
    else if (configOf === "lens") found.push(lensConfigAlone(file, folders));
    else if (isExplained || (isDescribed && configOf === null))
      found.push({ kind: "ignored", file });
    else found.push(alone(file, rest.length > 1));
  }
  const isMissed = missedWhere(
    hasModel,
    isAny || standIns.some(({ file }) => isOpenedHere(file.name)),
  );
  const missing = standIns.map(
    (one): Found => (isMissed(one.file) ? one : { kind: "ignored", file: one.file }),
  );
  return uniqueNames([...missing, ...found, ...refused]);
}

const leftIn = (folders: ReadonlyMap<string, ReadonlySet<KnownFile>>) =>
  [...folders.values()].flatMap((left) => [...left]);

/** The files by their folders, and those that nothing more need be known of. */
async function sorted(files: readonly NamedBlob[]) {
  const folders = new Map<string, Set<KnownFile>>();
  const standIns: Refused[] = [];
  const refused: Refused[] = [];
  const archives = new Map<string, number>();
  const know = createKnower();

  async function sort(file: NamedBlob, isInZip: boolean): Promise<void> {
    try {
      const why = await standIn(file);
      const kind = await fileKind(file);
      if (why && kind !== "json") standIns.push({ kind: "refused", file, why });
      else if (kind === "folder" && isInZip) {
        const why = "It is a zip archive within another. Unpack that one, and open this.";
        refused.push({ kind: "refused", file, why });
      } else if (kind === "folder") {
        const times = (archives.get(file.name) ?? 0) + 1;
        const name = times > 1 ? `${times}/${file.name}` : file.name;
        const inside = await unpackZip({ name, blob: file.blob });
        archives.set(file.name, times);
        for (const one of inside) await sort(one, true);
      } else {
        const folder = folderOf(file.name);
        const known = folders.get(folder) ?? new Set();
        folders.set(folder, known.add(await know(file, kind)));
      }
    } catch (error) {
      refused.push({ kind: "refused", file, why: whyOf(error) });
    }
  }

  for (const file of files) await sort(file, false);
  return { folders, standIns, refused };
}

/** Which files are missed that something stands in for: none that would not have been opened. */
const missedWhere =
  (hasModel: boolean, hasOthers: boolean) =>
  ({ name }: NamedBlob) =>
    isOpenedHere(name) ? !(hasModel && isSpare(name)) : !hasOthers;

async function isSavedReading({ kind, configOf, blob }: KnownFile): Promise<boolean> {
  if (kind !== "json" || configOf !== null) return false;
  try {
    return (await blob.slice(0, 2 ** 16).text()).includes("midthought-reading/");
  } catch {
    return false; // gone meanwhile
  }
}

function lensConfigAlone(
  file: KnownFile,
  folders: ReadonlyMap<string, ReadonlySet<KnownFile>>,
): Found {
  const left = folders.get(folderOf(file.name)) ?? [];
  const isOneOfSeveral = [...left].some((one) => one !== file && one.configOf === "lens");
  const why = isOneOfSeveral
    ? "It is one of several lens configs, and nothing tells whose it is: open each lens with its own."
    : "It describes a lens whose parameters are not among these files: open its params.pt or .safetensors with it.";
  return { kind: "refused", file, why };
}

/** A file where there is nothing to open. */
function alone(file: KnownFile, hasOthers: boolean): Found {
  if (file.configOf === "model") {
    const why =
      "It describes a model whose weights are not among these files: open its .safetensors with it.";
    return { kind: "refused", file, why };
  }
  const isKnown = isBeside(file.name) || /^tokenizer(_config)?\.json$/.test(originalOf(file.name));
  if (isKnown && hasOthers) return { kind: "ignored", file };
  const isReading = file.kind === "json" && !(isKnown && /\.json$/i.test(file.name));
  if (isReading) return { kind: "reading", file };
  const why =
    "It is no lens (params.pt, .safetensors, .npz), no model (.gguf, or a folder with config.json and model.safetensors) and no reading (.json). A text to train on (.txt, .jsonl) is dropped on the Train tab.";
  return { kind: "refused", file, why };
}

function whyOf(error: unknown): string {
  if (error instanceof LensError) return error.message;
  if (error instanceof DOMException) {
    return "It is a folder, or has changed since it was chosen: choose it again.";
  }
  throw error;
}
