import { isLensConfig } from "../lens/lensConfig";
import { isModelConfig, maxConfigBytes } from "../model/findModelFiles";
import type { FileKind } from "./fileKind";
import { copyOf, originalOf } from "./fileNames";
import { folderOf } from "./paths";
import type { NamedBlob } from "./protocol";

/** A file and what it is. */
export type KnownFile = NamedBlob & {
  readonly kind: FileKind;
  /** Whose config it is, of a config.json. */
  readonly configOf: "lens" | "model" | null;
  /** Which of the files of its name it is: what was downloaded or chosen together has the same. */
  readonly copy: string;
};

/** Says of each file what it is; one after the other, as files of one name are counted. */
export function createKnower() {
  const times = new Map<string, number>();

  return async ({ name, blob }: NamedBlob, kind: FileKind): Promise<KnownFile> => {
    const original = originalOf(name);
    const configOf = original === "config.json" ? await configIn(blob) : null;
    const number = copyOf(name);
    const same = JSON.stringify([folderOf(name), original.toLowerCase(), number, configOf]);
    const nth = times.get(same) ?? 0;
    times.set(same, nth + 1);
    return { name, blob, kind, configOf, copy: `${number}, ${nth}` };
  };
}

async function configIn(blob: Blob): Promise<KnownFile["configOf"]> {
  if (blob.size > maxConfigBytes) return null;
  try {
    const json: unknown = JSON.parse(await blob.text());
    if (isLensConfig(json)) return "lens";
    return isModelConfig(json) ? "model" : null;
  } catch {
    return null; // no JSON
  }
}
