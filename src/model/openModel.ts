import { FormatError, UnsupportedError } from "../errors";
import { openGguf } from "../format/gguf";
import type { TensorFile } from "../format/tensorFile";
import { checkWeights } from "./checkWeights";
import type { ModelConfig } from "./config";
import { configFromGguf } from "./configGguf";
import { configFromJson } from "./configJson";
import { type FoundModel, findModelFiles, type ModelFiles, maxConfigBytes } from "./findModelFiles";
import type { Model } from "./model";
import { modelName, telling } from "./modelName";
import { checkPageMemory } from "./modelSize";
import { openTokenizer } from "./openTokenizer";
import { readJson } from "./readJson";
import { listed, readSafetensors } from "./readSafetensors";
import { readWeightFiles } from "./readWeightFiles";
import { resolveTied } from "./tiedWeights";
import { type Weights, weightsFromGguf, weightsFromSafetensors } from "./weights";

/**
 * A model from the files of a Hugging Face folder, or from a GGUF file with or without a
 * `tokenizer.json`. What is missing or of another shape than its config says is found here and not when
 * the model is run.
 *
 * Weight files are in memory once, as they are, when this resolves.
 *
 * @param path the folder that its files lie in, as far as it is known, or a file's name without its ending:
 *   what to call it where that says anything
 * @throws FormatError if there is no model, or a damaged one
 * @throws UnsupportedError if it is of a kind that is not read here, or larger than the memory
 * @throws signal.reason if `signal` aborts
 */
export async function openModel(
  files: ModelFiles,
  path: string,
  signal?: AbortSignal,
): Promise<Model> {
  const found = await findModelFiles(files);
  switch (found?.format) {
    case "gguf":
      return openGgufModel(files, found, signal);
    case "safetensors":
    case "index":
      return openHuggingFaceModel(files, found, path, signal);
    case "torch":
      throw new UnsupportedError(
        `This model's weights are in ${listed(found.files.slice(0, 1))}, which is not read here. Save the model as safetensors, in Python with model.save_pretrained("folder"), and open that folder.`,
      );
  }
  if (files.has("config.json")) await readJson(files, "config.json", maxConfigBytes);
  throw new FormatError(
    "There is no model among these files: a model is a .gguf file, or a folder with config.json and model.safetensors.",
  );
}

async function openHuggingFaceModel(
  files: ModelFiles,
  found: FoundModel,
  path: string,
  signal?: AbortSignal,
): Promise<Model> {
  const json = await readJson(files, "config.json", maxConfigBytes);
  const fields = new Map(Object.entries(json as object));
  const unnamed = configFromJson(json, "");
  const config = { ...unnamed, name: modelName(path, fields.get("_name_or_path"), unnamed) };
  const quantisation = fields.get("quantization_config") ?? null;
  if (quantisation !== null) {
    throw new UnsupportedError(
      "This model is quantised, by quantization_config in its config.json, which is not read here. Open the model that it was made from, or a GGUF of it.",
    );
  }
  checkPageMemory(config);
  const { file, sha256 } = await readSafetensors(files, found, signal);
  return assemble(files, file, config, weightsFromSafetensors(file, config.family), sha256, null);
}

async function openGgufModel(
  files: ModelFiles,
  { files: ggufs }: FoundModel,
  signal?: AbortSignal,
): Promise<Model> {
  const [name] = ggufs;
  if (ggufs.some((gguf) => /-\d{5}-of-\d{5}\.gguf$/i.test(gguf))) {
    throw new UnsupportedError(
      "This model is split over several GGUF files, which are not put together here. Merge them with llama-gguf-split --merge, and open the result.",
    );
  }
  if (ggufs.length > 1) {
    throw new FormatError(
      `There are ${ggufs.length} GGUF files here: ${listed(ggufs)}. Open one of them.`,
    );
  }
  const blobs = new Map([[name, files.get(name)!]]);
  const read = await readWeightFiles(blobs, openGguf, signal);
  const file = read.files.get(name)!.opened;
  const title = telling(file.metadata.get("general.name")) ?? name.replace(/\.gguf$/i, "");
  const config = configFromGguf(file, title);
  checkPageMemory(config);
  return assemble(files, file, config, weightsFromGguf(file, config), read.sha256, file.metadata);
}

/** @param metadata of a GGUF file */
async function assemble(
  files: ModelFiles,
  file: TensorFile,
  stated: ModelConfig,
  held: Weights,
  sha256: string,
  metadata: ReadonlyMap<string, unknown> | null,
): Promise<Model> {
  const tied = resolveTied(stated, held);
  const weights = checkWeights(file, tied.config, tied.weights);
  const config = { ...tied.config, contextLength: readableLength(tied.config) };
  const { family, name, nLayers, dModel, vocab } = config;
  const tokenizer = await openTokenizer(files, metadata, vocab);
  return {
    info: { name, family, nLayers, dModel, vocab, sha256 },
    config,
    weights,
    ...tokenizer,
    notice: [tied.notice, tokenizer.notice].filter((notice) => notice !== null).join(" ") || null,
  };
}

/**
 * The positions that are read of a context. A rotary model's is but a claim, and each of its sessions has
 * a table of that many angles: 16 MB of them at most, and less where there are many sessions.
 */
function readableLength({ contextLength, rotary, nLayers }: ModelConfig): number {
  if (!rotary) return contextLength;
  const most = Math.floor(2 ** 22 / (rotary.dim * Math.max(1, nLayers / 32)));
  return Math.max(1, Math.min(contextLength, most));
}
