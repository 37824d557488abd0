import type { FileKind } from "./fileKind";
import { isGeneric, originalOf } from "./fileNames";
import type { KnownFile } from "./knownFile";
import { stemOf, stemOfFolder } from "./paths";
import type { FoundLens } from "./protocol";

/** The lenses in one folder, each with its config. Their files are taken out of `left`. */
export function lensesIn(
  folder: string,
  left: Set<KnownFile>,
  isLens: (file: KnownFile) => boolean,
): FoundLens[] {
  const parameters = [...left].filter((file) => isTensors(file.kind) && isLens(file));
  const configs = [...left].filter(({ configOf }) => configOf === "lens");
  const configOf = pair(parameters, configs);
  return parameters.map((file) => {
    const config = configOf(file);
    left.delete(file);
    if (config) left.delete(config);
    return {
      kind: "lens",
      name: nameOf(file, parameters.length === 1 ? stemOfFolder(folder) : ""),
      parameters: file,
      config,
    };
  });
}

export const isTensors = (kind: FileKind) =>
  kind === "safetensors" || kind === "torch" || kind === "npz";

/** Which config is whose. One by itself is everything's; of several, each must have a lens. */
function pair(parameters: readonly KnownFile[], configs: readonly KnownFile[]) {
  const copies = new Set(parameters.map(({ copy }) => copy));
  const ofCopy = new Map(configs.map((config) => [config.copy, config]));
  const isPaired = configs.every(({ copy }) => copies.has(copy));
  const only = configs.length === 1 ? configs[0] : null;
  return ({ copy }: KnownFile) => (isPaired ? (ofCopy.get(copy) ?? null) : only);
}

/** @param folder empty where it is not the lens's own */
function nameOf({ name }: KnownFile, folder: string): string {
  const stem = stemOf(originalOf(name));
  return isGeneric(stem) ? folder || stem : stemOf(name);
}
