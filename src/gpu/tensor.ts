import { DeviceLimitError, invariant } from "../errors";
import { lostError } from "./device";

/**
 * Row-major 32-bit numbers on the GPU, from the start of a buffer that may be larger than they
 * are: onnxruntime-web pools its buffers.
 */
export type GpuTensor = {
  readonly buffer: GPUBuffer;
  readonly shape: readonly number[];
};

export type Numbers = Float32Array | Int32Array | Uint32Array;

export const sizeOf = (shape: readonly number[]) => shape.reduce((size, n) => size * n, 1);

/** The same numbers, or the first of them, in another shape. */
export const reshaped = ({ buffer }: GpuTensor, shape: readonly number[]): GpuTensor => ({
  buffer,
  shape,
});

/** At least one number: WebGPU binds no empty range. */
export const sizeBytes = ({ shape }: Pick<GpuTensor, "shape">) => 4 * Math.max(1, sizeOf(shape));

/**
 * Zeros; the caller owns the buffer.
 *
 * @throws DeviceLimitError if it is larger than one binding
 */
export function createTensor(
  device: GPUDevice,
  shape: readonly number[],
  label: string,
): GpuTensor {
  const size = sizeBytes({ shape });
  for (const limit of ["maxStorageBufferBindingSize", "maxBufferSize"] as const)
    if (size > device.limits[limit]) throw new DeviceLimitError(limit, size, device.limits[limit]);
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  return { buffer: device.createBuffer({ label, size, usage }), shape };
}

/** A copy of `data` on the GPU; the caller owns the buffer. */
export function upload(
  device: GPUDevice,
  shape: readonly number[],
  data: Numbers,
  label: string,
): GpuTensor {
  invariant(data.length === sizeOf(shape), `${label}: ${data.length} numbers for [${shape}]`);
  const tensor = createTensor(device, shape, label);
  write(device, tensor, data);
  return tensor;
}

/** The browser holds a copy of each write until the GPU process has taken it: small ones. */
const writeBytes = 2 ** 24;

/** Overwrites the tensor from number `at` on. */
export function write(device: GPUDevice, tensor: GpuTensor, data: Numbers, at = 0): void {
  const step = writeBytes / 4;
  for (let start = 0; start < data.length; start += step) {
    const part = data.subarray(start, start + step);
    device.queue.writeBuffer(tensor.buffer, 4 * (at + start), part, 0, part.length);
  }
}

/**
 * `[rows, columns]` on the GPU as `[rows, width]`, zeros to the right; the caller owns the buffer.
 *
 * @param first the row of `data` to begin with
 */
export function uploadPadded(
  device: GPUDevice,
  [rows, columns, width]: readonly [rows: number, columns: number, width: number],
  data: Float32Array,
  first: number,
  label: string,
): GpuTensor {
  const tensor = createTensor(device, [rows, width], label);
  if (columns === width) {
    write(device, tensor, data.subarray(first * columns, (first + rows) * columns));
    return tensor;
  }
  const step = Math.ceil(writeBytes / (4 * width));
  for (let start = 0; start < rows; start += step) {
    const count = Math.min(step, rows - start);
    const padded = new Float32Array(count * width);
    for (let row = 0; row < count; ++row) {
      const from = (first + start + row) * columns;
      padded.set(data.subarray(from, from + columns), row * width);
    }
    write(device, tensor, padded, start * width);
  }
  return tensor;
}

/** Results on their way to the CPU: record, submit, then read once. */
export type Readback = {
  /** One buffer a tensor, in their order. @throws DeviceLostError */
  read(): Promise<ArrayBuffer[]>;
  destroy(): void;
};

/** Records the copy of `tensors` into memory that the CPU can read after the submit. */
export function recordReadback(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  tensors: readonly GpuTensor[],
): Readback {
  const sizes = tensors.map(sizeBytes);
  const starts = sizes.map((_, i) => sizes.slice(0, i).reduce((sum, size) => sum + size, 0));
  const buffer = device.createBuffer({
    label: "readback",
    size: sizes.reduce((sum, size) => sum + size, 0),
    usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
  });
  for (const [i, tensor] of tensors.entries())
    encoder.copyBufferToBuffer(tensor.buffer, 0, buffer, starts[i], sizes[i]);
  return {
    async read() {
      try {
        await buffer.mapAsync(GPUMapMode.READ);
      } catch (error) {
        throw lostError(error instanceof Error ? error.message : "");
      }
      const bytes = buffer.getMappedRange();
      return starts.map((start, i) => bytes.slice(start, start + sizes[i]));
    },
    destroy: () => buffer.destroy(),
  };
}
