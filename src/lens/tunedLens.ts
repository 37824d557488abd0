import { FormatError } from "../errors";
import { inWords, shapeInWords } from "./inWords";
import type { LensConfig } from "./lensConfig";
import type { LensParameters, LensTarget, LensTensors } from "./lensFile";
import { checkConfig, lensMismatch, modelWarnings, sizesInWords } from "./lensFor";
import { readFinite } from "./readFinite";
import type { Translator } from "./translator";
import { refuseOptions, type TranslatorNames, tunedNames } from "./tunedNames";

type Layers = ReadonlyMap<number, TranslatorNames>;

/**
 * A tuned lens for one model, from the parameters that AlignmentResearch/tuned-lens saved
 * (`tuned_lens/nn/lenses.py`), by any of its versions.
 *
 * `W` and `b` are as they are there: `h + W h + b`, layer 0 the embedding output. A lens without
 * weights, or without biases, has zeros in their place.
 *
 * @throws LensMismatchError, FormatError as `readLensFile` does
 */
export async function readTunedLens(
  file: LensTensors,
  config: LensConfig | null,
  model: LensTarget,
): Promise<LensParameters> {
  const type = config?.lensType ?? "linear_tuned_lens";
  if (type !== "linear_tuned_lens") {
    throw new FormatError(
      `This lens is of the type ${inWords([type])}, and of tuned lenses only linear_tuned_lens is read here.`,
    );
  }
  refuseOptions(config?.unsupported ?? []);

  const { layers, isOld, warnings } = tunedNames(file.tensors.keys(), config);
  const width = widthOf(file, layers);
  const outputWarning = dropOutput(layers, isOld, config);
  const nLayers = countLayers(layers);
  checkConfig(config, nLayers, width);
  if (nLayers !== model.nLayers || width !== model.dModel) {
    throw lensMismatch(sizesInWords(nLayers, width), config, model);
  }
  const missing = checkLayers(file, layers, isOld, width);

  const zeroWeight = new Float32Array(width * width);
  const translators: (Translator | null)[] = [];
  for (let layer = 0; layer < nLayers; ++layer) {
    const names = layers.get(layer);
    if (!names) {
      translators.push(null);
      continue;
    }
    const weight = names.weight ? await readFinite(file, names.weight, width * width) : zeroWeight;
    const bias = names.bias ? await readFinite(file, names.bias, width) : new Float32Array(width);
    // A file can say a zero matrix in few bytes: kept once, it stays small.
    translators.push({ weight: weight.some((x) => x !== 0) ? weight : zeroWeight, bias });
  }
  return {
    kind: "tuned",
    translators,
    missing,
    warnings: [
      ...warnings,
      ...outputWarning,
      ...biasWarning(layers, config),
      ...modelWarnings(config, model),
    ],
  };
}

function countLayers(layers: Layers): number {
  let last = -1;
  for (const layer of layers.keys()) last = Math.max(last, layer);
  return last + 1;
}

/**
 * Until November 2022 a lens could have a translator for the last block's output too, which is the
 * row of the model's own answer. Its config tells it from a lens for a model of one layer more.
 */
function dropOutput(
  layers: Map<number, TranslatorNames>,
  isOld: boolean,
  config: LensConfig | null,
) {
  const output = countLayers(layers) - 1;
  if (!isOld || config?.nLayers !== output) return [];
  layers.delete(output);
  return ["The lens's translator for the output is not used: that row is the model's own answer."];
}

/** @throws FormatError if the file tells no width */
function widthOf({ tensors }: LensTensors, layers: Layers): number {
  for (const { weight, bias } of layers.values()) {
    const name = weight ?? bias;
    const shape = (name !== null && tensors.get(name)?.shape) || [];
    if (shape.length !== (weight ? 2 : 1) || (weight && shape[0] !== shape[1])) {
      throw new FormatError(
        `${inWords([name ?? ""])} is ${shapeInWords(shape)}, expected ${weight ? "a square matrix: a lens that maps to the vocabulary (reuse_unembedding false) is not read here" : "one number a dimension"}.`,
      );
    }
    return shape[0];
  }
  throw new FormatError("This lens file holds no translators.");
}

/**
 * @returns layers that have no translator
 * @throws FormatError if a tensor is missing, or of another shape
 */
function checkLayers(
  { tensors }: LensTensors,
  layers: Layers,
  isOld: boolean,
  width: number,
): number[] {
  const missing: number[] = [];
  const all = [...layers.values()];
  const hasWeights = all.some(({ weight }) => weight !== null);
  const hasBiases = all.some(({ bias }) => bias !== null);
  const check = (name: string | null, expected: readonly number[], what: string) => {
    if (name === null) throw new FormatError(`The lens file is incomplete: it has no ${what}.`);
    const shape = tensors.get(name)?.shape ?? [];
    if (shape.length !== expected.length || shape.some((size, i) => size !== expected[i])) {
      throw new FormatError(
        `${inWords([name])} is ${shapeInWords(shape)}, expected ${shapeInWords(expected)}.`,
      );
    }
  };
  for (let layer = 0; layer < countLayers(layers); ++layer) {
    const of = layers.get(layer);
    if (!of && layer === 0 && isOld) {
      missing.push(layer);
      continue;
    }
    if (hasWeights) check(of?.weight ?? null, [width, width], `weight for layer ${layer}`);
    if (hasBiases) check(of?.bias ?? null, [width], `bias for layer ${layer}`);
  }
  return missing;
}

function biasWarning(layers: Layers, config: LensConfig | null): string[] {
  const hasBiases = [...layers.values()].some(({ bias }) => bias !== null);
  if (typeof config?.bias !== "boolean" || config.bias === hasBiases) return [];
  return [
    hasBiases
      ? "The lens's config.json says that it has no biases; those in its parameters are used."
      : "The lens's config.json says that it has biases; its parameters have none, and zeros are used.",
  ];
}
