import { invariant } from "../errors";
import type { Grid } from "./dispatch";
import { type GpuTensor, sizeBytes } from "./tensor";

type Bindings = Readonly<Record<string, GPUBufferBindingType>>;

/** Values of a WGSL struct of `u32` fields, then `f32` fields. */
type Uniforms = { readonly u32: readonly number[]; readonly f32?: readonly number[] };

export type Kernel<B extends Bindings> = {
  readonly label: string;
  readonly bindings: B;
  pipeline(device: GPUDevice, constants: Readonly<Record<string, number>>): Pipeline;
};

type Pipeline = { readonly compute: GPUComputePipeline; readonly layout: GPUBindGroupLayout };

type Resources<B extends Bindings> = {
  readonly [Name in keyof B]: B[Name] extends "uniform" ? Uniforms : GpuTensor;
};

/**
 * A kernel by name; it compiles at its first use on each device, once per set of override constants.
 *
 * @param bindings in the order of their `@binding`, all in group 0
 */
export function defineKernel<const B extends Bindings>({
  label,
  wgsl,
  bindings,
}: {
  readonly label: string;
  readonly wgsl: string;
  readonly bindings: B;
}): Kernel<B> {
  const compiled = new WeakMap<GPUDevice, Map<string, Pipeline>>();
  const compile = (device: GPUDevice, constants: Readonly<Record<string, number>>): Pipeline => {
    const layout = device.createBindGroupLayout({
      label,
      entries: Object.values(bindings).map((type, binding) => ({
        binding,
        visibility: GPUShaderStage.COMPUTE,
        buffer: { type },
      })),
    });
    const compute = device.createComputePipeline({
      label,
      layout: device.createPipelineLayout({ label, bindGroupLayouts: [layout] }),
      compute: { module: device.createShaderModule({ label, code: wgsl }), constants },
    });
    return { compute, layout };
  };
  return {
    label,
    bindings,
    pipeline(device, constants) {
      const pipelines = compiled.get(device) ?? new Map<string, Pipeline>();
      compiled.set(device, pipelines);
      const key = JSON.stringify(constants);
      const pipeline = pipelines.get(key) ?? compile(device, constants);
      pipelines.set(key, pipeline);
      return pipeline;
    },
  };
}

/** Buffers that live as long as their encoder's commands. */
const uniformBuffers = new WeakMap<GPUCommandEncoder, GPUBuffer[]>();

function uniformBuffer(device: GPUDevice, encoder: GPUCommandEncoder, uniforms: Uniforms) {
  const { u32, f32 = [] } = uniforms;
  const size = 16 * Math.ceil((u32.length + f32.length) / 4); // a uniform struct's size is rounded up
  const buffer = device.createBuffer({
    label: "uniforms",
    size,
    usage: GPUBufferUsage.UNIFORM,
    mappedAtCreation: true,
  });
  const bytes = buffer.getMappedRange();
  new Uint32Array(bytes).set(u32);
  new Float32Array(bytes).set(f32, u32.length);
  buffer.unmap();
  uniformBuffers.set(encoder, [...(uniformBuffers.get(encoder) ?? []), buffer]);
  return buffer;
}

/** Records one dispatch in a pass of its own. Whole tensors are bound, by their size. */
export function encode<B extends Bindings>(
  device: GPUDevice,
  encoder: GPUCommandEncoder,
  kernel: Kernel<B>,
  resources: Resources<B>,
  grid: Grid,
  constants: Readonly<Record<string, number>> = {},
): void {
  const { label } = kernel;
  const { compute, layout } = kernel.pipeline(device, constants);
  const entries = Object.keys(kernel.bindings).map((name, binding) => {
    const resource: Uniforms | GpuTensor = resources[name];
    invariant(resource, `${label}: nothing bound to ${name}`);
    return {
      binding,
      resource:
        "u32" in resource
          ? { buffer: uniformBuffer(device, encoder, resource) }
          : { buffer: resource.buffer, offset: 0, size: sizeBytes(resource) },
    };
  });
  const pass = encoder.beginComputePass({ label });
  pass.setPipeline(compute);
  pass.setBindGroup(0, device.createBindGroup({ label, layout, entries }));
  pass.dispatchWorkgroups(...grid);
  pass.end();
}

/** Sends off what the encoder recorded, and lets go of its uniforms. */
export function submit(device: GPUDevice, encoder: GPUCommandEncoder): void {
  device.queue.submit([encoder.finish()]);
  for (const buffer of uniformBuffers.get(encoder) ?? []) buffer.destroy();
  uniformBuffers.delete(encoder);
}
