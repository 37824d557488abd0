import { FormatError, LensMismatchError } from "../errors";
import type { Translator } from "./translator";

/** What is needed of a tensor file: names, shapes and values. */
export type NamedTensors = {
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>;
  read(name: string): Float32Array;
};

/**
 * The translators of a tuned lens, one a layer, from tensors named `{layer}.weight` and
 * `{layer}.bias` (AlignmentResearch/tuned-lens `tuned_lens/nn/lenses.py`).
 *
 * @throws LensMismatchError if it has other layers, or another width, than the model
 * @throws FormatError if a tensor is missing or a number in it is not finite
 */
export function readTunedLens(
  file: NamedTensors,
  model: { readonly name: string; readonly nLayers: number; readonly dModel: number },
): Translator[] {
  const layers = [...file.tensors.keys()].filter((name) => /^\d+\.weight$/.test(name)).length;
  const width = file.tensors.get("0.weight")?.shape[0];
  if (layers !== model.nLayers || width !== model.dModel) {
    throw new LensMismatchError(
      `This lens has ${layers} layers of width ${width ?? "unknown"}; ${model.name} has ${model.nLayers} of ${model.dModel}. Open the model that the lens is for, or a lens made for this one.`,
    );
  }
  return Array.from({ length: layers }, (_, layer) => ({
    weight: readTensor(file, `${layer}.weight`, [width, width]),
    bias: readTensor(file, `${layer}.bias`, [width]),
  }));
}

function readTensor(file: NamedTensors, name: string, expected: readonly number[]): Float32Array {
  const shape = file.tensors.get(name)?.shape;
  if (!shape) throw new FormatError(`The lens file has no ${name}.`);
  if (shape.join() !== expected.join()) {
    throw new FormatError(`${name} is [${shape.join(", ")}], expected [${expected.join(", ")}].`);
  }
  const values = file.read(name);
  if (!values.every(Number.isFinite)) {
    throw new FormatError(`${name} holds numbers that are not finite: the lens file is damaged.`);
  }
  return values;
}
