import { readFileSync } from "node:fs";

import { openModel } from "../model/openModel";
import { createOpenLenses } from "./openLenses";
import type { FoundLens } from "./protocol";

export const bytesOf = (path: string) =>
  new Uint8Array(readFileSync(new URL(`fixtures/${path}`, import.meta.url)));
const blobOf = (path: string) => new Blob([bytesOf(path)]);

export const model = await openModel(
  new Map([
    ["config.json", blobOf("tiny-llama/config.json")],
    ["model.safetensors", blobOf("tiny-llama/model.safetensors")],
  ]),
  "tiny-llama",
);
export const app = { name: "midthought", version: "0.1.0" };
export const anyFile = { sha256: null, url: null };

export function lensOf(folder: string, config: string | null = null): FoundLens {
  const said = config ?? readFileSync(new URL(`fixtures/${folder}/config.json`, import.meta.url));
  return {
    kind: "lens",
    name: "params",
    parameters: { name: "params.pt", blob: blobOf(`${folder}/params.pt`) },
    config: { name: "config.json", blob: new Blob([said]) },
    receipt: null,
  };
}
export const tiny = lensOf("tiny-llama/lens");
export const jacobian: FoundLens = {
  kind: "lens",
  name: "mine",
  parameters: { name: "lens.pt", blob: blobOf("tiny-llama/jacobian/lens.pt") },
  config: null,
  receipt: null,
};
export const noLenses = () => createOpenLenses(3, []);
