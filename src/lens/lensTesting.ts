import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { openSafetensors } from "../format/safetensors";
import { type LensConfig, parseLensConfig } from "./lensConfig";
import type { LensTarget, LensTensors } from "./lensFile";

/** The model that the lenses of `fixtures/lenses` are for. */
export const tiny: LensTarget = { name: "tiny", nLayers: 3, dModel: 4, vocab: 7 };

const folder = join(import.meta.dirname, "fixtures/lenses");

export async function openFixture(name: string) {
  return openSafetensors(new Uint8Array(await readFile(join(folder, `${name}.safetensors`))));
}

export async function openConfig(name: string | null): Promise<LensConfig | null> {
  if (name === null) return null;
  return parseLensConfig(await readFile(join(folder, `${name}.config.json`), "utf8"));
}

/** A config that says nothing but what it is given. */
export const configOf = (said: object): LensConfig =>
  parseLensConfig(JSON.stringify({ lens_type: "linear_tuned_lens", ...said }));

/** A file of tensors full of one number, with the names that were read so far. */
export function fileOf(
  shapes: Readonly<Record<string, readonly number[]>>,
  metadata: Readonly<Record<string, unknown>> = {},
  value = 1,
): LensTensors & { readonly wasRead: readonly string[] } {
  const tensors = new Map(Object.entries(shapes).map(([name, shape]) => [name, { shape }]));
  const wasRead: string[] = [];
  return {
    metadata: new Map(Object.entries(metadata)),
    tensors,
    wasRead,
    async read(name) {
      wasRead.push(name);
      const size = tensors.get(name)?.shape.reduce((a, b) => a * b, 1) ?? 0;
      return new Float32Array(size).fill(value);
    },
  };
}

/** The shapes of a tuned lens by the names of today. */
export const tunedShapes = (nLayers: number, width: number) =>
  Object.fromEntries(
    Array.from({ length: nLayers }, (_, layer) => [
      [`${layer}.weight`, [width, width]],
      [`${layer}.bias`, [width]],
    ]).flat(),
  ) as Record<string, readonly number[]>;
