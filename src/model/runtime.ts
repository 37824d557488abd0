import type { InferenceSession, Tensor } from "onnxruntime-web";
import webgpuModule from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url";
import webgpuBinary from "onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url";
import wasmModule from "onnxruntime-web/ort-wasm-simd-threaded.mjs?url";
import wasmBinary from "onnxruntime-web/ort-wasm-simd-threaded.wasm?url";

import type { OnnxModel } from "./graph";
import { explained } from "./outOfMemory";

type Ort = typeof import("onnxruntime-web");

/** Tensors by the names of the graph's inputs or outputs. */
export type Tensors = Record<string, Tensor>;

/** A graph that is ready to run. */
export type Session = {
  /** @param outputs the names of those wanted; all unless given */
  run(feeds: Tensors, outputs?: readonly string[]): Promise<Tensors>;
  dispose(): Promise<void>;
};

/** onnxruntime-web on one provider. */
export type Runtime = {
  readonly backend: "wasm" | "webgpu";
  readonly threads: number;
  readonly version: string;
  /**
   * On `webgpu` the outputs stay on the GPU: dispose each.
   *
   * @throws UnsupportedError if there is no memory for it
   */
  session(model: OnnxModel): Promise<Session>;
  tensor(data: Float32Array | Int32Array | BigInt64Array, dims: readonly number[]): Tensor;
  /**
   * The first `length` rows of each head, where the tensor is: `[1, heads, rows, width]` float32 becomes
   * `[1, heads, length, width]` and is disposed; one that has no more rows comes back as it is.
   */
  cut(tensor: Tensor, length: number): Tensor;
};

/**
 * Loads onnxruntime-web's wasm provider, or its WebGPU provider on the device that is given, so that
 * our kernels and its own share buffers. Once a page or worker: the library is a singleton.
 *
 * @throws Error what the library throws, where its wasm cannot be fetched or compiled
 */
export async function openRuntime(device: GPUDevice | null): Promise<Runtime> {
  const ort = await load(device !== null);
  const threads = globalThis.crossOriginIsolated ? Math.max(1, navigator.hardwareConcurrency) : 1;
  ort.env.logLevel = "error";
  ort.env.wasm.numThreads = threads;
  ort.env.wasm.wasmPaths = device
    ? { mjs: webgpuModule, wasm: webgpuBinary }
    : { mjs: wasmModule, wasm: wasmBinary };

  const oneAtATime = queue();
  return {
    backend: device ? "webgpu" : "wasm",
    threads,
    version: ort.env.versions.web ?? "",
    async session({ bytes, externalData }) {
      const options: InferenceSession.SessionOptions = {
        executionProviders: [device ? { name: "webgpu", device } : "wasm"],
        externalData: [...externalData],
        preferredOutputLocation: device ? "gpu-buffer" : "cpu",
        graphOptimizationLevel: "all",
      };
      const session = await oneAtATime(() => ort.InferenceSession.create(bytes, options)).catch(
        (error) => {
          throw explained(error);
        },
      );
      return {
        run: (feeds, outputs) =>
          oneAtATime(() => session.run(feeds, outputs ?? session.outputNames)),
        dispose: () => oneAtATime(() => session.release()),
      };
    },
    tensor(data, dims) {
      if (data instanceof Float32Array) return new ort.Tensor("float32", data, dims);
      if (data instanceof Int32Array) return new ort.Tensor("int32", data, dims);
      return new ort.Tensor("int64", data, dims);
    },
    cut(tensor, length) {
      if (tensor.dims[2] === length) return tensor;
      const cut =
        tensor.location === "gpu-buffer" && length > 0
          ? cutOnGpu(ort, device!, tensor, length)
          : cutHere(ort, tensor, length);
      tensor.dispose();
      return cut;
    },
  };
}

function cutHere(ort: Ort, tensor: Tensor, length: number): Tensor {
  const [, heads, rows, width] = tensor.dims;
  const cut = new Float32Array(heads * length * width);
  for (let head = 0; length > 0 && head < heads; ++head) {
    const start = head * rows * width;
    const kept = (tensor.data as Float32Array).subarray(start, start + length * width);
    cut.set(kept, head * length * width);
  }
  return new ort.Tensor("float32", cut, [1, heads, length, width]);
}

function cutOnGpu(ort: Ort, device: GPUDevice, tensor: Tensor, length: number): Tensor {
  const [, heads, rows, width] = tensor.dims;
  const bytes = 4 * length * width;
  const buffer = device.createBuffer({
    label: "keys or values",
    size: 16 * Math.ceil((heads * bytes) / 16), // as the runtime rounds those of its own
    usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
  });
  const encoder = device.createCommandEncoder({ label: "cut keys or values" });
  for (let head = 0; head < heads; ++head) {
    const from = 4 * head * rows * width;
    encoder.copyBufferToBuffer(tensor.gpuBuffer as GPUBuffer, from, buffer, head * bytes, bytes);
  }
  device.queue.submit([encoder.finish()]);
  return ort.Tensor.fromGpuBuffer(buffer, {
    dataType: "float32",
    dims: [1, heads, length, width],
    dispose: () => buffer.destroy(),
  });
}

const load = (gpu: boolean): Promise<Ort> =>
  gpu ? import("onnxruntime-web/webgpu") : import("onnxruntime-web/wasm");

/** onnxruntime-web makes one session and does one run at a time: the others wait in line. */
function queue() {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(task: () => Promise<T>): Promise<T> => {
    const done = last.then(task, task);
    last = done.catch(() => {});
    return done;
  };
}
