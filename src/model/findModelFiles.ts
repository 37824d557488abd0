import { readJson } from "./readJson";

/** What was given, by name: a folder's files by their names without the folder. */
export type ModelFiles = ReadonlyMap<string, Blob>;

/** Where a model's weights are. */
export type FoundModel = {
  /** `index` names the safetensors files that they are in; `torch` is not read here. */
  readonly format: "gguf" | "safetensors" | "index" | "torch";
  readonly files: readonly string[];
};

export const maxConfigBytes = 2 ** 20;

/** An index has a line a tensor: that of 40,000. */
const maxIndexBytes = 2 ** 22;

/**
 * Which of these files hold a model's weights, by their names and first bytes; null where none do.
 *
 * Of a Hugging Face folder it is what transformers takes: `model.safetensors` before the index before
 * any other. Weights of PyTorch's are known by their names, as a lens may lie beside them; a lens's
 * `config.json` makes no folder a model's.
 */
export async function findModelFiles(files: ModelFiles): Promise<FoundModel | null> {
  const names = [...files.keys()];
  const isHuggingFace = await hasModelConfig(files);
  if (isHuggingFace) {
    if (files.has("model.safetensors")) {
      return { format: "safetensors", files: ["model.safetensors"] };
    }
    const indices = names.filter((name) => /\.safetensors\.index\.json$/i.test(name));
    if (indices.length > 0) return { format: "index", files: indices };
    const safetensors = names.filter((name) => /\.safetensors$/i.test(name) && !isLens(name));
    if (safetensors.length > 0) return { format: "safetensors", files: safetensors };
  }
  const ggufs: string[] = [];
  for (const [name, blob] of files) if (await isGguf(blob)) ggufs.push(name);
  if (ggufs.length > 0) return { format: "gguf", files: ggufs };

  const torch = names.filter((name) => torchWeights.test(name) && !isLens(name));
  return isHuggingFace && torch.length > 0 ? { format: "torch", files: torch } : null;
}

const torchWeights = /^(pytorch_model|model).*\.bin$|\.pth$/i;

/** tuned-lens calls all of its lenses so. */
const isLens = (name: string) => /^params\b/i.test(name);

/** Whether a parsed `config.json` is a model's, as Hugging Face writes it. */
export function isModelConfig(json: unknown): boolean {
  if (typeof json !== "object" || json === null) return false;
  return Object.hasOwn(json, "model_type") || Object.hasOwn(json, "architectures");
}

/** The files that an index of weights names; none where it is damaged, as opening it will say. */
export async function shardsOf(index: Blob): Promise<string[]> {
  if (index.size > maxIndexBytes) return [];
  try {
    const map: unknown = JSON.parse(await index.text())?.weight_map;
    if (typeof map !== "object" || map === null) return [];
    return [...new Set(Object.values(map).filter((name) => typeof name === "string"))];
  } catch {
    return [];
  }
}

async function hasModelConfig(files: ModelFiles): Promise<boolean> {
  try {
    return isModelConfig(await readJson(files, "config.json", maxConfigBytes));
  } catch {
    return false; // not there, or no JSON
  }
}

async function isGguf(blob: Blob): Promise<boolean> {
  try {
    return (await blob.slice(0, 4).text()) === "GGUF";
  } catch {
    return false; // a folder, or a file that is gone
  }
}
