import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";

import { openSafetensors } from "../format/safetensors";
import { safetensorsBlob } from "../format/safetensorsWriter";
import type { ModelFiles } from "./findModelFiles";

/** Fixtures by their folders, from `src/`. */
export const tiny = "model/fixtures/tiny";
export const tinyGguf = "model/fixtures/tiny.gguf";
export const tinyLlama = "engine/fixtures/tiny-llama";
export const tinyGpt2 = "engine/fixtures/tiny-gpt2";
export const tinyGptNeoX = "engine/fixtures/tiny-gpt_neox";

const src = join(import.meta.dirname, "..");

export const fixture = (path: string) => new Uint8Array(readFileSync(join(src, path)));

/** A folder's files as the page has them after a drop; only those of these names, where some are given. */
export function folder(path: string, ...names: string[]): Map<string, Blob> {
  const all = readdirSync(join(src, path), { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name);
  const wanted = names.length > 0 ? names : all;
  return new Map(wanted.map((name) => [name, new Blob([fixture(join(path, name))])]));
}

export const json = (value: unknown): Blob => new Blob([JSON.stringify(value)]);

export const file = (path: string): Map<string, Blob> =>
  new Map([[basename(path), new Blob([fixture(path)])]]);

/** The folder with some keys of its `config.json` changed. */
export async function withConfig(
  files: ModelFiles,
  changes: Readonly<Record<string, unknown>>,
): Promise<Map<string, Blob>> {
  const config = JSON.parse(await files.get("config.json")!.text());
  const changed = JSON.stringify({ ...config, ...changes });
  return new Map(files).set("config.json", new Blob([changed]));
}

type Tensor = { readonly shape: readonly number[]; readonly values: Float32Array<ArrayBuffer> };

/** The folder with some tensors of its `model.safetensors` replaced, added, or (null) left out. */
export async function withTensors(
  files: ModelFiles,
  changes: Readonly<Record<string, Tensor | null>>,
): Promise<Map<string, Blob>> {
  const held = openSafetensors(new Uint8Array(await files.get("model.safetensors")!.arrayBuffer()));
  const tensors = new Map<string, Tensor>();
  for (const [name, { shape }] of held.tensors)
    tensors.set(name, { shape, values: held.read(name) });
  for (const [name, tensor] of Object.entries(changes)) {
    if (tensor) tensors.set(name, tensor);
    else tensors.delete(name);
  }
  return new Map(files).set("model.safetensors", safetensorsBlob(tensors, {}));
}

/** A tensor of one number over and over. */
export function filled(value: number, ...shape: number[]): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  return { shape, values: new Float32Array(count).fill(value) };
}
