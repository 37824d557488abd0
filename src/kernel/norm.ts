import { ShapeError } from "../errors";
import { gridFor } from "../gpu/dispatch";
import { defineKernel, encode } from "../gpu/kernel";
import { type GpuTensor, upload } from "../gpu/tensor";
import type { FinalNorm } from "../lens/unembed";
import wgsl from "./norm.wgsl?raw";

const kernel = defineKernel({
  label: "norm",
  wgsl,
  bindings: {
    shape: "uniform",
    hidden: "read-only-storage",
    weight: "read-only-storage",
    bias: "read-only-storage",
    normed: "storage",
  },
});

export type GpuNorm = {
  readonly kind: FinalNorm["kind"];
  readonly eps: number;
  /** `[dModel]`. */
  readonly weight: GpuTensor;
  /** `[dModel]`, zeros where the norm has none. */
  readonly bias: GpuTensor;
};

/** The caller owns both buffers. */
export function uploadNorm(device: GPUDevice, { kind, eps, weight, bias }: FinalNorm): GpuNorm {
  const shape = [weight.length];
  return {
    kind,
    eps,
    weight: upload(device, shape, weight, "norm weight"),
    bias: upload(device, shape, bias ?? new Float32Array(weight.length), "norm bias"),
  };
}

/**
 * Writes the final norm of some positions as one member of each position's rows.
 *
 * @param hidden `[≥ first + count, dModel]`
 * @param rows `[count, members, width]`, width at least dModel: zeros beyond
 * @param first the position to begin with
 * @throws ShapeError if they do not fit each other
 */
export function norm(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  { kind, eps, weight, bias }: GpuNorm,
  hidden: GpuTensor,
  rows: GpuTensor,
  { first, member }: { readonly first: number; readonly member: number },
): void {
  const [dModel] = weight.shape;
  const [count, members, width] = rows.shape;
  if (hidden.shape.length !== 2 || hidden.shape[0] < first + count || hidden.shape[1] !== dModel)
    throw new ShapeError("norm: hidden", hidden.shape, `[≥ ${first + count}, ${dModel}]`);
  if (rows.shape.length !== 3 || member >= members || width < dModel)
    throw new ShapeError("norm: rows", rows.shape, `[count, > ${member}, ≥ ${dModel}]`);
  encode(
    device,
    encoder,
    kernel,
    {
      shape: { u32: [first, count, dModel, width, members, member], f32: [eps] },
      hidden,
      weight,
      bias,
      normed: rows,
    },
    gridFor(count, device.limits),
    { centred: kind === "layer" ? 1 : 0 },
  );
}
