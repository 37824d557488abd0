import { FormatError } from "../errors";
import { encodings } from "../format/encoding";
import type { TensorFile } from "../format/tensorFile";
import type { ModelConfig } from "./config";
import { explained } from "./outOfMemory";
import { weightShapes } from "./weightShapes";
import type { Weights } from "./weights";

/**
 * The weights once more, with everything that the config asks for known to be there in its right shape,
 * and nothing else: a bias that the config does not speak of is not used, as in transformers.
 *
 * Nothing is read, and nothing takes memory that the config claims, before it fits what the file holds.
 * Where there is no memory for a weight later on, its `read` throws an UnsupportedError.
 *
 * @throws FormatError that names a tensor with both shapes, or a size with both numbers
 */
export function checkWeights(file: TensorFile, config: ModelConfig, weights: Weights): Weights {
  const nLayers = countLayers(file.tensors.keys());
  if (nLayers !== config.nLayers) {
    throw new FormatError(
      `The model's config says ${config.nLayers} layers, and its weights are of ${nLayers}.`,
    );
  }
  const shapes = weightShapes(config);
  for (const [name, { shape: expected, isOptional }] of shapes) {
    if (isOptional && !weights.has(name)) continue;
    const dtype = weights.dtype(name);
    if (!encodings.has(dtype)) {
      const read = [...encodings.keys()].join(", ");
      throw new FormatError(`${name} is stored as ${dtype}, which is not read here; ${read} are.`);
    }
    const shape = weights.shape(name);
    if (!isSameShape(shape, expected)) {
      throw new FormatError(
        `${name} is [${shape.join(", ")}], where the model's config says [${expected.join(", ")}].`,
      );
    }
  }
  return {
    ...weights,
    has: (name) => shapes.has(name) && weights.has(name),
    read(name) {
      try {
        return weights.read(name);
      } catch (error) {
        throw explained(error);
      }
    },
  };
}

export const isSameShape = (a: readonly number[], b: readonly number[]) =>
  a.length === b.length && a.every((size, i) => size === b[i]);

/** How many layers there are tensors of: no more than there are tensors, whatever their names say. */
function countLayers(names: Iterable<string>): number {
  const layers = new Set<number>();
  for (const name of names) {
    const layer = /(?:^|\.)(?:layers|h|blk)\.(\d+)\./.exec(name)?.[1];
    if (layer !== undefined) layers.add(Number(layer));
  }
  return layers.size;
}
