import { beforeEach, expect, test, vi } from "vitest";

import { DeviceLimitError } from "../errors";
import { createForward } from "../model/forward";
import { createWasmLens } from "../model/lensWasm";
import { type Model, readUnembed } from "../model/model";
import { createGpuReader } from "./gpuReader";
import { createGpuLens } from "./lensGpu";
import { createWasmReader } from "./wasmReader";

vi.mock("../model/runtime", () => ({ openRuntime: async () => ({}) }));
vi.mock("../model/forward");
vi.mock("../model/lensWasm");
vi.mock("../model/model");
vi.mock("./lensGpu");
vi.mock("./gpuHidden");

const model = {} as Model; // nothing that reads it is there
const dispose = vi.fn(async () => {});
const destroy = vi.fn();
const device = { destroy } as unknown as GPUDevice;
const opened = { device, adapter: "a GPU", isFallback: false };

beforeEach(() => {
  vi.resetAllMocks();
  vi.mocked(createForward).mockResolvedValue({ open: vi.fn(), openLockstep: vi.fn(), dispose });
  vi.mocked(readUnembed).mockReturnValue({} as ReturnType<typeof readUnembed>);
});

test("createGpuReader() lets go of the device where the model is too much for it", async () => {
  vi.mocked(createForward).mockRejectedValueOnce(new Error("no memory"));
  await expect(createGpuReader(model, opened)).rejects.toThrow("no memory");
  expect(destroy).toHaveBeenCalledOnce();
});

test("createGpuReader() lets go of the device and the sessions where the lens does not fit", async () => {
  vi.mocked(createGpuLens).mockImplementationOnce(() => {
    throw new DeviceLimitError("maxBufferSize", 2, 1);
  });
  await expect(createGpuReader(model, opened)).rejects.toThrow(DeviceLimitError);
  expect(dispose).toHaveBeenCalledOnce();
  expect(destroy).toHaveBeenCalledOnce();
});

test("createWasmReader() lets go of the sessions where the lens does not fit", async () => {
  vi.mocked(createWasmLens).mockRejectedValueOnce(new RangeError("no memory"));
  await expect(createWasmReader(model)).rejects.toThrow("no memory");
  expect(dispose).toHaveBeenCalledOnce();
});
