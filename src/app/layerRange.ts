import { shortened } from "./shortened";

/** Layers in words: `all`, or runs such as `0-4, 8, 20-29`. */
export function layersInWords(layers: readonly number[] | null): string {
  if (!layers) return "all";
  const runs: [number, number][] = [];
  for (const layer of layers) {
    const last = runs.at(-1);
    if (last && last[1] === layer - 1) last[1] = layer;
    else runs.push([layer, layer]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}

/**
 * The layers that such words name, ascending; null: all.
 *
 * @param nLayers of the model; null while it is not known
 * @returns undefined where the words are something else, or name a layer that is not there
 */
export function layersFrom(words: string, nLayers: number | null): number[] | null | undefined {
  const plain = words
    .trim()
    .toLowerCase()
    .replace(/\s*[-–]\s*/g, "-");
  if (plain === "" || plain === "all") return null;
  const end = nLayers ?? 1000;
  const layers = new Set<number>();
  for (const part of plain.split(/[\s,;]+/)) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (!match) return undefined;
    const from = Number(match[1]);
    const to = Number(match[2] ?? match[1]);
    if (from > to || to >= end) return undefined;
    for (let layer = from; layer <= to; ++layer) layers.add(layer);
  }
  const all = [...layers].sort((a, b) => a - b);
  return nLayers !== null && all.length === nLayers ? null : all;
}

/** Why words are not taken for layers: `“3, 99” is not a list of layers from 0 to 29.` */
export const layersRefusal = (words: string, nLayers: number | null) =>
  `“${shortened(words.trim())}” is not a list of layers${nLayers ? ` from 0 to ${nLayers - 1}` : ""}.`;
