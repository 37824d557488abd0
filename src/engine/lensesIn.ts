import type { FileKind } from "./fileKind";
import { isGeneric, originalOf } from "./fileNames";
import type { KnownFile } from "./knownFile";
import { stemOf, stemOfFolder } from "./paths";
import type { FoundLens } from "./protocol";

/** The lenses in one folder, each with its config and receipt. Their files are taken out of `left`. */
export function lensesIn(
  folder: string,
  left: Set<KnownFile>,
  isLens: (file: KnownFile) => boolean,
): FoundLens[] {
  const parameters = [...left].filter((file) => isTensors(file.kind) && isLens(file));
  const configs = [...left].filter(({ configOf }) => configOf === "lens");
  const receipts = [...left].filter(
    ({ kind, name }) => kind === "json" && originalOf(name) === "receipt.json",
  );
  const configOf = pair(parameters, configs);
  const receiptOf = pair(parameters, receipts);
  return parameters.map((file) => {
    const [config, receipt] = [configOf(file), receiptOf(file)];
    for (const one of [file, config, receipt]) if (one) left.delete(one);
    return {
      kind: "lens",
      name: nameOf(file, parameters.length === 1 ? stemOfFolder(folder) : ""),
      parameters: file,
      config,
      receipt,
    };
  });
}

export const isTensors = (kind: FileKind) =>
  kind === "safetensors" || kind === "torch" || kind === "npz";

/** Which of them is whose. One by itself is everything's; of several, each must have a lens. */
function pair(parameters: readonly KnownFile[], others: readonly KnownFile[]) {
  const copies = new Set(parameters.map(({ copy }) => copy));
  const ofCopy = new Map(others.map((other) => [other.copy, other]));
  const isPaired = others.every(({ copy }) => copies.has(copy));
  const only = others.length === 1 ? others[0] : null;
  return ({ copy }: KnownFile) => (isPaired ? (ofCopy.get(copy) ?? null) : only);
}

/** @param folder empty where it is not the lens's own */
function nameOf({ name }: KnownFile, folder: string): string {
  const stem = stemOf(originalOf(name));
  return isGeneric(stem) ? folder || stem : stemOf(name);
}
