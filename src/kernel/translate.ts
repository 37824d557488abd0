import { ShapeError } from "../errors";
import { defineKernel, encode } from "../gpu/kernel";
import { createTensor, type GpuTensor, upload, uploadPadded } from "../gpu/tensor";
import type { Translator } from "../lens/translator";
import wgsl from "./translate.wgsl?raw";

const kernel = defineKernel({
  label: "translate",
  wgsl,
  bindings: {
    shape: "uniform",
    hidden: "read-only-storage",
    weight: "read-only-storage",
    bias: "read-only-storage",
    translated: "storage",
  },
});

const tile = 32;

export type GpuTranslator = {
  /** `[dModel, width]`, output index first; width is dModel rounded up to a multiple of 4. */
  readonly weight: GpuTensor;
  /** `[dModel]`. */
  readonly bias: GpuTensor;
};

/** The caller owns both buffers. */
export function uploadTranslator(device: GPUDevice, { weight, bias }: Translator): GpuTranslator {
  const dModel = bias.length;
  if (weight.length !== dModel ** 2)
    throw new ShapeError("translator: weight", [weight.length], `[${dModel} × ${dModel}]`);
  const shape = [dModel, dModel, 4 * Math.ceil(dModel / 4)] as const;
  return {
    weight: uploadPadded(device, shape, weight, 0, "translator weight"),
    bias: upload(device, [dModel], bias, "translator bias"),
  };
}

/**
 * `h + W h + b` of `count` positions.
 *
 * @param hidden `[≥ first + count, dModel]`
 * @param first the position to begin with
 * @returns `[count, dModel]`; the caller owns it
 * @throws ShapeError if they do not fit each other
 */
export function translate(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  { weight, bias }: GpuTranslator,
  hidden: GpuTensor,
  { first, count }: { readonly first: number; readonly count: number },
): GpuTensor {
  const [dModel, width] = weight.shape;
  if (hidden.shape.length !== 2 || hidden.shape[0] < first + count || hidden.shape[1] !== dModel)
    throw new ShapeError("translate: hidden", hidden.shape, `[≥ ${first + count}, ${dModel}]`);
  const translated = createTensor(device, [count, dModel], "translated");
  encode(
    device,
    encoder,
    kernel,
    { shape: { u32: [first, count, dModel, width / 4] }, hidden, weight, bias, translated },
    [Math.ceil(count / tile), Math.ceil(dModel / tile), 1],
  );
  return translated;
}
