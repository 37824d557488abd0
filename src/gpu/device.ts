import { DeviceLostError, UnsupportedError } from "../errors";

export type OpenedDevice = {
  readonly device: GPUDevice;
  /** The adapter in words, such as "nvidia, ampere". */
  readonly adapter: string;
  /** Whether it is software: about 30 times slower than wasm. */
  readonly isFallback: boolean;
};

export type DeviceOptions = {
  /** `adapter`, unless given, raises every limit below to what the adapter has; `default` raises none. */
  readonly limits?: "adapter" | "default";
  readonly onLost?: (error: DeviceLostError) => void;
};

const raisedLimits = [
  "maxBufferSize",
  "maxStorageBufferBindingSize",
  "maxStorageBuffersPerShaderStage",
  "maxComputeWorkgroupStorageSize",
  "maxComputeWorkgroupsPerDimension",
  "maxComputeInvocationsPerWorkgroup",
  "maxComputeWorkgroupSizeX",
  "maxComputeWorkgroupSizeY",
  "maxComputeWorkgroupSizeZ",
] as const;

/**
 * A device on the fastest adapter, with no optional feature. Of these, `subgroups` is left out on
 * purpose: with it onnxruntime-web 1.30 takes a flash attention that is wrong from the fifth position
 * on where a prompt is longer than 16 and a subgroup has 4 lanes, as SwiftShader's has. Errors that nobody scopes go to `reportError`.
 *
 * @throws UnsupportedError where there is no WebGPU, or no adapter
 */
export async function openDevice({
  limits = "adapter",
  onLost,
}: DeviceOptions = {}): Promise<OpenedDevice> {
  const { gpu } = navigator as Partial<NavigatorGPU>; // absent in many browsers, whatever its type says
  if (!gpu) throw new UnsupportedError("This browser has no WebGPU.");
  const adapter = await gpu.requestAdapter({ powerPreference: "high-performance" });
  if (!adapter)
    throw new UnsupportedError("This browser has WebGPU, but found no GPU to run it on.");
  const device = await adapter.requestDevice({
    label: "midthought",
    requiredLimits:
      limits === "adapter"
        ? Object.fromEntries(raisedLimits.map((limit) => [limit, adapter.limits[limit]]))
        : {},
  });
  device.lost.then(({ reason, message }) => {
    if (reason !== "destroyed") onLost?.(lostError(message));
  });
  device.addEventListener("uncapturederror", ({ error }) => reportError(new Error(error.message)));
  const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
  return {
    device,
    adapter: [...new Set([vendor, architecture, description])].filter(Boolean).join(", "),
    isFallback: isFallbackAdapter,
  };
}

export const lostError = (message: string) =>
  new DeviceLostError(`The GPU was lost${message ? `: ${message}` : "."}`);
