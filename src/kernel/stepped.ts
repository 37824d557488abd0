import { ShapeError } from "../errors";
import { type GpuTensor, sizeOf } from "../gpu/tensor";

/** Parameters of some layers, `[layers, …]`, with all that their steps need. */
export type Stepped = {
  readonly parameters: GpuTensor;
  /** In the parameters' shape, as the states are. */
  readonly gradient: GpuTensor;
  readonly states: readonly GpuTensor[];
  /** `[layers]`: what the rate of each layer is multiplied by. */
  readonly scales: GpuTensor;
};

/**
 * How many parameters there are, and how many a layer has.
 *
 * @throws ShapeError if the tensors are not of one size, or the layers do not divide it
 */
export function stepSizes(
  kernel: string,
  parameters: GpuTensor,
  others: readonly GpuTensor[],
  scales: GpuTensor,
): readonly [size: number, layerSize: number] {
  const size = sizeOf(parameters.shape);
  for (const { shape } of others)
    if (sizeOf(shape) !== size)
      throw new ShapeError(`${kernel}: beside parameters`, shape, `[${size}]`);
  const layers = sizeOf(scales.shape);
  if (size % layers !== 0)
    throw new ShapeError(`${kernel}: scales`, scales.shape, `[layers] of ${size} parameters`);
  return [size, size / layers];
}
