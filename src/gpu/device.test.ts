import { afterEach, expect, test, vi } from "vitest";
import { DeviceLostError, UnsupportedError } from "../errors";
import { openDevice } from "./device";
import { submit } from "./kernel";
import { createTensor, recordReadback } from "./tensor";

afterEach(() => {
  vi.restoreAllMocks();
});

test("openDevice() raises the limits to the adapter's, or none", async () => {
  const raised = await openDevice();
  const plain = await openDevice({ limits: "default" });
  expect(plain.device.limits.maxStorageBufferBindingSize).toBe(2 ** 27);
  expect(raised.device.limits.maxStorageBufferBindingSize).toBeGreaterThan(2 ** 27);
  expect(raised.adapter).not.toBe("");
  for (const { device } of [raised, plain]) device.destroy();
});

test("openDevice() where there is no GPU is an UnsupportedError", async () => {
  vi.spyOn(navigator.gpu, "requestAdapter").mockResolvedValue(null);
  await expect(openDevice()).rejects.toThrow(UnsupportedError);
});

test("a device that is destroyed is not reported lost, and what it was to bring back never comes", async () => {
  const onLost = vi.fn();
  const { device } = await openDevice({ onLost });
  const encoder = device.createCommandEncoder();
  const readback = recordReadback(device, encoder, [createTensor(device, [4], "values")]);
  submit(device, encoder);
  device.destroy();
  await expect(readback.read()).rejects.toThrow(DeviceLostError);
  await device.lost;
  expect(onLost).not.toHaveBeenCalled();
});

test("an error that nobody scopes is reported", async () => {
  const reported = vi.spyOn(globalThis, "reportError").mockReturnValue();
  const { device } = await openDevice();
  device.createShaderModule({ code: "this is no WGSL" });
  await device.queue.onSubmittedWorkDone();
  await vi.waitFor(() => expect(reported).toHaveBeenCalled());
  device.destroy();
});
