import { afterAll, expect, test } from "vitest";

import { DeviceLimitError } from "../errors";
import { openDevice } from "./device";
import { submit } from "./kernel";
import {
  createTensor,
  type GpuTensor,
  recordReadback,
  upload,
  uploadPadded,
  write,
} from "./tensor";

const { device } = await openDevice();
afterAll(() => device.destroy());

async function read(...tensors: GpuTensor[]) {
  const encoder = device.createCommandEncoder();
  const readback = recordReadback(device, encoder, tensors);
  submit(device, encoder);
  const arrays = (await readback.read()).map((bytes) => new Float32Array(bytes));
  readback.destroy();
  return arrays;
}

test("createTensor() is zeros, upload() what was given, and both come back in order", async () => {
  const zeros = createTensor(device, [2, 3], "zeros");
  const given = upload(device, [2], Float32Array.of(1.5, -2), "given");
  expect(await read(zeros, given)).toEqual([new Float32Array(6), Float32Array.of(1.5, -2)]);
});

test("write() overwrites from a place on, also more than it writes at once", async () => {
  const count = 2 ** 22 + 5; // writes are of 2^22 numbers
  const tensor = createTensor(device, [count + 2], "written");
  write(device, tensor, new Float32Array(count).fill(7), 1);
  const [values] = await read(tensor);
  expect([values[0], values[1], values[2 ** 22], values[count], values[count + 1]]).toEqual([
    0, 7, 7, 7, 0,
  ]);
});

test("uploadPadded() puts zeros to the right of each row, and begins at a row", async () => {
  const data = Float32Array.of(1, 2, 3, 4, 5, 6);
  const padded = uploadPadded(device, [2, 2, 4], data, 1, "padded");
  const whole = uploadPadded(device, [2, 2, 2], data, 1, "whole");
  expect((await read(padded, whole)).map((values) => [...values])).toEqual([
    [3, 4, 0, 0, 5, 6, 0, 0],
    [3, 4, 5, 6],
  ]);
});

test("createTensor() larger than a binding is a DeviceLimitError that says what is missing", () => {
  const limit = device.limits.maxStorageBufferBindingSize;
  expect(() => createTensor(device, [limit / 4 + 1], "huge")).toThrow(DeviceLimitError);
});
