import { FormatError } from "../errors";
import { printable } from "../math/printable";
import { isJacobianLens, readJacobianLens } from "./jacobianLens";
import type { LensConfig } from "./lensConfig";
import type { Translator } from "./translator";
import { readTunedLens } from "./tunedLens";

/** What is needed of a file of tensors: what it says, names and shapes, and the values one by one. */
export type LensTensors = {
  /** What the file says beside its tensors: a torch file's numbers and lists, a safetensors file's strings. */
  readonly metadata: ReadonlyMap<string, unknown>;
  /** A torch file's nested dicts are dotted paths: `J.3`. */
  readonly tensors: ReadonlyMap<string, { readonly shape: readonly number[] }>;
  /** All elements, row-major, in an array of its own. */
  read(name: string): Float32Array<ArrayBuffer> | Promise<Float32Array<ArrayBuffer>>;
};

/** The model that a lens is to be used with. */
export type LensTarget = {
  readonly name: string;
  readonly nLayers: number;
  readonly dModel: number;
  /** Left out, what a lens says of its model's vocabulary is not looked at. */
  readonly vocab?: number;
};

/** A lens as its file holds it, fit for the model that it was read for. */
export type LensParameters = {
  readonly kind: "tuned" | "jacobian";
  /**
   * By layer, `0 … L − 1`; null where `missing` names the layer. Arrays of zeros may be shared between
   * layers: none is written to.
   */
  readonly translators: readonly (Translator | null)[];
  /** Layers that the file has no translator for, ascending; never all. */
  readonly missing: readonly number[];
  /** What a reader should know and what does not forbid the use, a sentence each. */
  readonly warnings: readonly string[];
};

/** A lens has two a layer, and a training's snapshot a few more. */
const maxTensors = 10_000;

/**
 * The translators in a lens's file, for one model: a tuned lens in any dialect of its library, or a
 * Jacobian lens. A refusal's first sentence is the fact, what follows says what to do.
 *
 * Names, shapes and the config are checked before any value is read, and nothing is allocated but by the
 * model's own sizes. At most one tensor is in memory that the result does not hold.
 *
 * @param config the `config.json` beside it, if there is one
 * @throws LensMismatchError if it has other layers, or another width, than the model
 * @throws FormatError if it is no lens, incomplete, of an option that is not done here, contradicts its
 *   config, or holds a number that is not finite
 */
export async function readLensFile(
  file: LensTensors,
  config: LensConfig | null,
  model: LensTarget,
): Promise<LensParameters> {
  const isJacobian = isJacobianLens(file);
  if (!isJacobian) refuseFitCheckpoint(file);
  if (file.tensors.size === 0) {
    throw new FormatError("This file holds no tensors, so it is no lens.");
  }
  if (file.tensors.size > maxTensors) {
    throw new FormatError(
      `This file holds ${file.tensors.size.toLocaleString("en")} tensors, and no lens has so many.`,
    );
  }
  return isJacobian ? readJacobianLens(file, config, model) : readTunedLens(file, config, model);
}

/** What `jlens.fit` keeps beside its `checkpoint_path`: sums over the prompts so far, often called `ckpt_*.pt`. */
function refuseFitCheckpoint({ tensors, metadata }: LensTensors): void {
  const isSum = (name: string) => name === "jacobian_sum" || name.startsWith("jacobian_sum.");
  if (![...tensors.keys(), ...metadata.keys()].some(isSum) && !metadata.has("n_done")) return;
  const done = metadata.get("n_done");
  const prompts =
    typeof done === "number" || typeof done === "bigint"
      ? ` after ${printable(`${done}`)} prompts`
      : "";
  throw new FormatError(
    `This is a checkpoint of a Jacobian lens's fit${prompts}, not a lens: it holds sums that are still to be divided. Let the fit run to its end (jlens.fit goes on from the same checkpoint_path), and open the file that JacobianLens.save writes.`,
  );
}
