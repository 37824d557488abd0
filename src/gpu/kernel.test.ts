import { afterAll, expect, test, vi } from "vitest";

import { openDevice } from "./device";
import { defineKernel, encode, submit } from "./kernel";
import { createTensor, recordReadback, upload } from "./tensor";

const { device } = await openDevice();
afterAll(() => device.destroy());

const wgsl = `
struct Shape { count: u32, factor: f32 }
@group(0) @binding(0) var<uniform> shape: Shape;
@group(0) @binding(1) var<storage, read> values: array<f32>;
@group(0) @binding(2) var<storage, read_write> scaled: array<f32>;
override added = 0.0;
@compute @workgroup_size(1) fn main(@builtin(workgroup_id) group: vec3u) {
  // The length of what is bound, not of the buffer.
  scaled[group.x] = values[group.x] * shape.factor + added + f32(arrayLength(&values));
}`;
const kernel = defineKernel({
  label: "scale",
  wgsl,
  bindings: { shape: "uniform", values: "read-only-storage", scaled: "storage" },
});

test("encode() binds uniforms, tensors by their size, and constants", async () => {
  const { buffer } = upload(device, [5], Float32Array.of(1, 2, 3, 4, 5), "values");
  const values = { buffer, shape: [3] };
  const [plain, more] = [0, 1].map(() => createTensor(device, [3], "scaled"));
  const encoder = device.createCommandEncoder();
  const shape = { u32: [3], f32: [2] };
  encode(device, encoder, kernel, { shape, values, scaled: plain }, [3, 1, 1]);
  encode(device, encoder, kernel, { shape, values, scaled: more }, [3, 1, 1], { added: 100 });
  const readback = recordReadback(device, encoder, [plain, more]);
  submit(device, encoder);
  const arrays = await readback.read();
  expect(arrays.map((bytes) => [...new Float32Array(bytes)])).toEqual([
    [5, 7, 9],
    [105, 107, 109],
  ]);
});

test("a kernel compiles once per device and set of constants", () => {
  const compile = vi.spyOn(device, "createComputePipeline");
  const other = defineKernel({ ...kernel, wgsl });
  const first = other.pipeline(device, { added: 1 });
  expect(other.pipeline(device, { added: 1 })).toBe(first);
  expect(other.pipeline(device, { added: 2 })).not.toBe(first);
  expect(compile).toHaveBeenCalledTimes(2);
  compile.mockRestore();
});
