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

/**
 * Which of these files hold a model's weights, by their names and first bytes; null where none do.
 *
 * Of a Hugging Face folder it is what transformers takes: `model.safetensors` before the index before
 * any other. A `config.json` that says no `model_type`, as a lens's, makes no folder a model's.
 */
export async function findModelFiles(files: ModelFiles): Promise<FoundModel | null> {
  const names = [...files.keys()];
  const isHuggingFace = await hasModelConfig(files);
  if (isHuggingFace) {
    if (files.has("model.safetensors")) {
      return { format: "safetensors", files: ["model.safetensors"] };
    }
    const indices = names.filter((name) => name.endsWith(".safetensors.index.json"));
    if (indices.length > 0) return { format: "index", files: indices };
    const safetensors = names.filter((name) => name.endsWith(".safetensors"));
    if (safetensors.length > 0) return { format: "safetensors", files: safetensors };
  }
  const ggufs: string[] = [];
  for (const [name, blob] of files) if (await isGguf(blob)) ggufs.push(name);
  if (ggufs.length > 0) return { format: "gguf", files: ggufs };

  const torch = names.filter((name) => /\.(bin|pt|pth)$/.test(name));
  return isHuggingFace && torch.length > 0 ? { format: "torch", files: torch } : null;
}

async function hasModelConfig(files: ModelFiles): Promise<boolean> {
  try {
    const config = await readJson(files, "config.json", maxConfigBytes);
    return typeof config === "object" && config !== null && "model_type" in config;
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
