import { FormatError } from "../errors";
import { inWords, shapeInWords } from "./inWords";
import type { LensConfig } from "./lensConfig";
import type { LensParameters, LensTarget, LensTensors } from "./lensFile";
import { checkConfig, lensMismatch, modelWarnings, sizesInWords } from "./lensFor";
import { readFinite } from "./readFinite";
import type { Translator } from "./translator";

const inDict = /^J\.(0|[1-9]\d{0,5})$/;
const alone = /^(0|[1-9]\d{0,5})$/;
/** Numbers that `.npz` files and some torch files hold as tensors. */
const facts = new Set(["d_model", "n_prompts", "source_layers"]);

/** Averages over prompts leave the identity only nearly one, and float16 less so. */
const identityTolerance = 2e-3;

/** Whether a file's names are a Jacobian lens's: `J.{block}`, or `{block}` where the file says the width or the blocks. */
export function isJacobianLens({ tensors, metadata }: LensTensors): boolean {
  const saysSizes = ["d_model", "source_layers"].some(
    (key) => metadata.has(key) || tensors.has(key),
  );
  for (const name of tensors.keys()) {
    if (inDict.test(name) || (saysSizes && alone.test(name))) return true;
  }
  return false;
}

/**
 * A Jacobian lens for one model, from the file that anthropics/jacobian-lens saves (`jlens/lens.py`,
 * `JacobianLens.save`).
 *
 * It reads `unembed(J_l h)` with `h` the output of block `l`, our `h_{l + 1}`; so the translator of layer
 * `l + 1` is `W = J_l − I`, `b = 0`. Layer 0, the embedding output, has none; nor have blocks that were
 * not fitted. That of the last block would read the output row, and is not used.
 *
 * @throws LensMismatchError, FormatError as `readLensFile` does
 */
export async function readJacobianLens(
  file: LensTensors,
  config: LensConfig | null,
  model: LensTarget,
): Promise<LensParameters> {
  const blocks = findBlocks(file);
  const width = checkShapes(file, blocks);
  checkMetadata(file, blocks, width);
  checkConfig(config, null, width);

  const { nLayers, dModel } = model;
  const last = [...blocks.keys()].reduce((a, b) => Math.max(a, b));
  const isOther = config?.nLayers && config.nLayers !== nLayers;
  if (isOther || last >= nLayers || width !== dModel) {
    const least = Math.max(config?.nLayers ?? 0, last + 1);
    const sizes = sizesInWords(least, width);
    throw lensMismatch(config?.nLayers ? sizes : `at least ${sizes}`, config, model);
  }
  if (blocks.size === 1 && last === nLayers - 1) {
    throw new FormatError(
      "This lens has nothing to read: its only Jacobian is that of the last block, whose row is the model's own answer.",
    );
  }

  const warnings: string[] = [];
  const final = blocks.get(nLayers - 1);
  if (final !== undefined && !isIdentity(await readFinite(file, final, width * width), width)) {
    warnings.push(
      "The lens's Jacobian of the last block is not used: that row is the model's own answer. A lens has none of its own there, or the identity; one that was fitted elsewhere than on the blocks' outputs does not belong here.",
    );
  }
  if (last < nLayers - 2) {
    warnings.push(
      `The lens has no Jacobian after block ${last} of 0 … ${nLayers - 1}: it may be for a model with fewer layers.`,
    );
  }

  const zeroBias = new Float32Array(width);
  const translators: (Translator | null)[] = [null];
  for (let layer = 1; layer < nLayers; ++layer) {
    const name = blocks.get(layer - 1);
    translators.push(
      name === undefined
        ? null
        : {
            weight: minusIdentity(await readFinite(file, name, width * width), width),
            bias: zeroBias,
          },
    );
  }
  return {
    kind: "jacobian",
    translators,
    missing: translators.flatMap((translator, layer) => (translator ? [] : [layer])),
    warnings: [...warnings, ...modelWarnings(config, model)],
  };
}

/** The names of the Jacobians, by block. */
function findBlocks({ tensors }: LensTensors): Map<number, string> {
  const blocks = new Map<number, string>();
  const unknown: string[] = [];
  for (const name of tensors.keys()) {
    const block = (inDict.exec(name) ?? alone.exec(name))?.[1];
    if (block === undefined) {
      if (!facts.has(name)) unknown.push(name);
      continue;
    }
    const other = blocks.get(Number(block));
    if (other !== undefined) {
      throw new FormatError(
        `This Jacobian lens has two matrices for block ${block}: ${inWords([other, name])}.`,
      );
    }
    blocks.set(Number(block), name);
  }
  if (unknown.length > 0) {
    throw new FormatError(
      `This is no Jacobian lens that is known here: beside its matrices it holds ${inWords(unknown)}.`,
    );
  }
  return blocks;
}

/** @returns the width of all */
function checkShapes({ tensors }: LensTensors, blocks: ReadonlyMap<number, string>): number {
  let width: number | undefined;
  for (const name of blocks.values()) {
    const shape = tensors.get(name)?.shape ?? [];
    width ??= shape[0];
    if (width === undefined || shape.length !== 2 || shape[0] !== width || shape[1] !== width) {
      const expected = width === undefined ? "a square matrix" : `[${width}, ${width}]`;
      throw new FormatError(`${name} is ${shapeInWords(shape)}, expected ${expected}.`);
    }
  }
  return width ?? 0;
}

/** @throws FormatError if what the file says of its matrices is not what they are */
function checkMetadata(
  { metadata }: LensTensors,
  blocks: ReadonlyMap<number, string>,
  width: number,
): void {
  const dModel = toInteger(metadata.get("d_model"));
  if (dModel !== null && dModel !== width) {
    throw new FormatError(
      `This Jacobian lens is damaged: it says d_model ${dModel}, and its matrices are of width ${width}.`,
    );
  }
  const prompts = toInteger(metadata.get("n_prompts"));
  if (prompts !== null && !(prompts >= 1)) {
    throw new FormatError(
      `This Jacobian lens is of no use: it says that it is the mean over ${prompts} prompts.`,
    );
  }
  const source = toIntegers(metadata.get("source_layers"));
  if (!source) return;
  if (source.some(Number.isNaN)) {
    throw new FormatError(
      "This Jacobian lens is damaged: its source_layers are no list of whole numbers.",
    );
  }
  const said = new Set(source);
  const lacking = [...said].filter((block) => !blocks.has(block));
  const unsaid = [...blocks.keys()].filter((block) => !said.has(block));
  if (lacking.length > 0 || unsaid.length > 0) {
    const [which, differing] =
      lacking.length > 0
        ? ["lists, and does not hold,", lacking]
        : ["holds, and does not list,", unsaid];
    throw new FormatError(
      `This Jacobian lens is damaged: it ${which} the blocks ${inWords(differing.map(String))} in source_layers.`,
    );
  }
}

/** Safetensors files say numbers as text. */
function toInteger(value: unknown): number | null {
  if (typeof value === "number" || typeof value === "bigint") return Number(value);
  return typeof value === "string" && /^\d{1,15}$/.test(value) ? Number(value) : null;
}

function toIntegers(value: unknown): number[] | null {
  const items =
    typeof value === "string" && /^\[?[\d,\s]*\]?$/.test(value)
      ? value.replace(/[[\]\s]/g, "").split(",")
      : value;
  return Array.isArray(items) ? items.map((item) => toInteger(item) ?? Number.NaN) : null;
}

/** In place: the array is the caller's own. */
function minusIdentity<T extends Float32Array>(matrix: T, width: number): T {
  for (let i = 0; i < width; ++i) matrix[i * width + i] -= 1;
  return matrix;
}

const isIdentity = (matrix: Float32Array, width: number) =>
  matrix.every((x, i) => Math.abs(x - (i % (width + 1) === 0 ? 1 : 0)) <= identityTolerance);
