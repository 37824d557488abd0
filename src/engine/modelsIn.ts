import { findModelFiles, shardsOf } from "../model/findModelFiles";
import { originalOf } from "./fileNames";
import type { KnownFile } from "./knownFile";
import { baseOf, folderOf, stemOf, stemOfFolder } from "./paths";
import type { FoundModel } from "./protocol";

/**
 * The models in one folder, one for each config that has its weights there. Their files are taken out of
 * `left`, and are called as they are looked for.
 */
export async function modelsIn(folder: string, left: Set<KnownFile>): Promise<FoundModel[]> {
  const configs = [...left].filter(({ configOf }) => configOf === "model");
  const models: FoundModel[] = [];
  for (const config of configs.length > 0 ? configs : [null]) {
    const files = [...left].filter(
      ({ copy, configOf }) => configOf === null && (configs.length < 2 || copy === config?.copy),
    );
    const model = await modelOf(folder, config, files);
    if (!model) continue;
    for (const file of model.taken) left.delete(file);
    models.push(model.found);
  }
  return models;
}

async function modelOf(folder: string, config: KnownFile | null, files: readonly KnownFile[]) {
  const named = byName(config, files);
  const model = await findModelFiles(
    new Map(Array.from(named, ([name, { blob }]) => [name, blob])),
  );
  if (!model) return null;

  const wanted = ["config.json", ...model.files, "tokenizer.json", "tokenizer_config.json"];
  if (model.format === "index") {
    for (const name of model.files) wanted.push(...(await shardsOf(named.get(name)!.blob)));
  }
  const inAnyCase = new Map(Array.from(named, ([name, file]) => [name.toLowerCase(), file]));
  const taken = new Map<KnownFile, string>();
  for (const name of wanted) {
    const file = named.get(name) ?? inAnyCase.get(name.toLowerCase());
    if (file) taken.set(file, baseOf(name));
  }
  const stem = stemOf(model.files[0]);
  const found: FoundModel = {
    kind: "model",
    name: model.format === "gguf" ? stem : stemOfFolder(folder) || stem,
    files: Array.from(taken, ([{ name, blob }, base]) => {
      const within = folderOf(name);
      return { name: within ? `${within}/${base}` : base, blob };
    }),
  };
  return { found, taken: taken.keys() };
}

/** By their names before a browser numbered them, where no other file has it: first come the config's own. */
function byName(config: KnownFile | null, files: readonly KnownFile[]): Map<string, KnownFile> {
  const named = new Map<string, KnownFile>();
  if (config) named.set("config.json", config);
  const isOwn = ({ copy }: KnownFile) => !config || copy === config.copy;
  for (const file of [...files.filter(isOwn), ...files.filter((file) => !isOwn(file))]) {
    const original = originalOf(file.name);
    named.set(named.has(original) ? baseOf(file.name) : original, file);
  }
  return named;
}
