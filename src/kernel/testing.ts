import { openDevice } from "../gpu/device";
import { submit } from "../gpu/kernel";
import { type GpuTensor, type Numbers, recordReadback, upload, uploadPadded } from "../gpu/tensor";
import type { Unembed } from "../lens/unembed";
import { normals } from "../math/random";

/** One device for a test file's kernels, with the limits that every WebGPU device has. */
const opened = openDevice({ limits: "default" });

/** Uploads a test's array, to be freed when the run is over. */
export type Put = (shape: readonly number[], data: Numbers) => GpuTensor;

/** Records what `record` asks for, runs it, and brings back the tensors that it returns. */
export async function onGpu(
  record: (device: GPUDevice, encoder: GPUCommandEncoder, put: Put) => readonly GpuTensor[],
): Promise<ArrayBuffer[]> {
  const { device } = await opened;
  const uploaded: GpuTensor[] = [];
  const put: Put = (shape, data) => {
    const tensor = upload(device, shape, data, "test");
    uploaded.push(tensor);
    return tensor;
  };
  const encoder = device.createCommandEncoder();
  const tensors = record(device, encoder, put);
  const readback = recordReadback(device, encoder, tensors);
  submit(device, encoder);
  const arrays = await readback.read();
  for (const { buffer } of [...uploaded, ...tensors]) buffer.destroy();
  readback.destroy();
  return arrays;
}

/** An unembedding of which no test here uses the norm. */
export const plainUnembed = (
  unembedding: Float32Array,
  dModel: number,
  bias: Float32Array | null = null,
): Unembed => ({
  vocab: unembedding.length / dModel,
  dModel,
  norm: { kind: "rms", weight: new Float32Array(dModel).fill(1), bias: null, eps: 1e-5 },
  unembedding,
  bias,
});

/** Normal weights and biases: with a normed hidden state, logits of deviation √dModel. */
export const randomUnembed = (vocab: number, dModel: number): Unembed =>
  plainUnembed(normals(vocab * dModel, 1, vocab), dModel, normals(vocab, 1, dModel));

/** Rows as the lens's kernels take them, `[positions, members, width]`, padded with zeros. */
export function putNormed(
  device: GPUDevice,
  normed: Float32Array,
  [positions, members, dModel]: readonly [positions: number, members: number, dModel: number],
  width: number,
): GpuTensor {
  const rows = [positions * members, dModel, width] as const;
  const { buffer } = uploadPadded(device, rows, normed, 0, "normed");
  return { buffer, shape: [positions, members, width] };
}
