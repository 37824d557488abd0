import { FormatError, LensError } from "../errors";
import { openZip } from "../format/zip";
import { isLensConfig } from "../lens/lensConfig";
import { findModelFiles } from "../model/findModelFiles";
import { type FileKind, fileKind, standIn } from "./fileKind";
import type { Found, NamedBlob } from "./protocol";

/** A file and what it is. */
type Known = NamedBlob & { readonly kind: FileKind };

/** What systems put into folders and archives by themselves. */
const junk = /(^|\/)(__MACOSX\/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)/;

/** What lies beside models and lenses and is not needed. */
const beside =
  /^(README|LICENSE|NOTICE|\.git)|\.(md|txt|py|ipynb)$|^(generation_config|tokenizer_config|special_tokens_map|added_tokens|vocab|merges|receipt|preprocessor_config)\b/i;

/** Of a larger JSON file nothing is looked at before it is opened. */
const maxConfigBytes = 2 ** 20;

/** A zipped folder may unpack to this much, or to twice its size where that is more. */
const maxUnpackedBytes = 2 ** 26;

/** Of a larger model's shards there are some two hundred. */
const maxUnpackedFiles = 1000;

/** What these files are, by their bytes and the folders they lie in; a zipped folder is unpacked. */
export async function inspectFiles(files: readonly NamedBlob[]): Promise<Found[]> {
  const refused: Found[] = [];
  const folders = new Map<string, Known[]>();

  async function sort(file: NamedBlob, isInZip: boolean): Promise<void> {
    if (junk.test(file.name)) return;
    try {
      const why = await standIn(file);
      const kind = await fileKind(file);
      if (why && kind !== "json") refused.push({ kind: "refused", file, why });
      else if (kind === "folder" && !isInZip) await unpack(file);
      else {
        const folder = folderOf(file.name);
        folders.set(folder, [...(folders.get(folder) ?? []), { ...file, kind }]);
      }
    } catch (error) {
      refused.push({ kind: "refused", file, why: whyOf(error) });
    }
  }

  async function unpack({ name, blob }: NamedBlob): Promise<void> {
    const entries = await openZip(blob, Math.max(2 * blob.size, maxUnpackedBytes));
    const wanted = [...entries.values()].filter((entry) => !junk.test(entry.name));
    if (wanted.length === 0) throw new FormatError("It is a zip archive with nothing in it.");
    if (wanted.length > maxUnpackedFiles) {
      throw new FormatError(
        `It is a zip archive of ${wanted.length} files, and a lens's or a model's has no more than ${maxUnpackedFiles}.`,
      );
    }
    const folder = name.replace(/\.zip$/i, "");
    for (const entry of wanted) {
      const file = { name: `${folder}/${entry.name}`, blob: new Blob([await entry.read()]) };
      await sort(file, true);
    }
  }

  for (const file of files) await sort(file, false);
  const found = await Promise.all(Array.from(folders, ([name, known]) => inFolder(name, known)));
  return [...found.flat(), ...refused];
}

/** What the files of one folder are. */
async function inFolder(folder: string, files: readonly Known[]): Promise<Found[]> {
  const found: Found[] = [];
  const left = new Set(files);
  const take = (wanted: readonly Known[]) => {
    for (const file of wanted) left.delete(file);
    return wanted.map(({ name, blob }) => ({ name, blob }));
  };
  const isNamed = (name: string) => (file: Known) => baseOf(file.name) === name;

  const configs = files.filter(isNamed("config.json"));
  const parsed = await Promise.all(configs.map(({ blob }) => parseConfig(blob)));
  const lensConfigs = configs.filter((_, i) => isLensConfig(parsed[i]));
  const modelConfigs = configs.filter((_, i) => isModelConfig(parsed[i]));
  const tokenizer = ["tokenizer.json", "tokenizer_config.json"].flatMap((name) =>
    files.filter(isNamed(name)),
  );

  const model = await findModelFiles(new Map(files.map(({ name, blob }) => [baseOf(name), blob])));
  if (model) {
    const isWeights = ({ name, kind }: Known) =>
      model.files.includes(baseOf(name)) || (model.format === "index" && kind === "safetensors");
    const stem = baseOf(model.files[0]).replace(/\.[^.]+$/, "");
    found.push({
      kind: "model",
      name: model.format === "gguf" ? stem : baseOf(folder) || stem,
      files: take([...modelConfigs, ...files.filter(isWeights), ...tokenizer]),
    });
  }

  const parameters = [...left].filter(({ kind }) => isTensors(kind));
  const config = lensConfigs.length === 1 ? lensConfigs[0] : null;
  for (const file of parameters) {
    left.delete(file);
    const isAlone = parameters.length === 1 && folder !== "";
    const name = isAlone ? baseOf(folder) : baseOf(file.name).replace(/\.[^.]+$/, "");
    found.push({ kind: "lens", name, parameters: file, config });
    if (config) left.delete(config);
  }

  for (const file of left) found.push(await aloneInFolder(file, files.length > 1));
  return found;

  async function aloneInFolder(file: Known, hasOthers: boolean): Promise<Found> {
    const { name, blob } = file;
    const refuse = (why: string): Found => ({ kind: "refused", file: { name, blob }, why });
    if (lensConfigs.includes(file)) {
      return refuse(
        lensConfigs.length > 1
          ? "It is one of several lens configs, and nothing tells whose it is: open each lens with its own."
          : "It describes a lens whose parameters are not among these files: open its params.pt or .safetensors with it.",
      );
    }
    if (modelConfigs.includes(file)) {
      return refuse(
        "It describes a model whose weights are not among these files: open its .safetensors with it.",
      );
    }
    const isKnown = beside.test(baseOf(name)) || tokenizer.includes(file);
    if (isKnown && hasOthers) return { kind: "ignored", file: { name, blob } };
    const isReading = file.kind === "json" && !(isKnown && name.endsWith(".json"));
    if (isReading) return { kind: "reading", file: { name, blob } };
    return refuse(
      "It is no lens (params.pt, .safetensors, .npz), no model (.gguf, or a folder with config.json and model.safetensors) and no reading (.json).",
    );
  }
}

const isTensors = (kind: FileKind) => kind === "safetensors" || kind === "torch" || kind === "npz";

const isModelConfig = (json: unknown) =>
  typeof json === "object" && json !== null && ("model_type" in json || "architectures" in json);

/** null where it is no JSON, or too large for a config. */
async function parseConfig(blob: Blob): Promise<unknown> {
  if (blob.size > maxConfigBytes) return null;
  try {
    return JSON.parse(await blob.text());
  } catch {
    return null;
  }
}

function whyOf(error: unknown): string {
  if (error instanceof LensError) return error.message;
  if (error instanceof DOMException) {
    return "It is a folder, or has changed since it was chosen: choose it again.";
  }
  throw error;
}

const baseOf = (path: string) => path.slice(path.lastIndexOf("/") + 1);
const folderOf = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf("/")));
