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

/** What onnxruntime-web, which shares the device, uses where it is there. */
const wantedFeatures = ["shader-f16", "subgroups"] as const;

/**
 * A device on the fastest adapter. Errors that nobody scopes go to `reportError`.
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
    requiredFeatures: wantedFeatures.filter((feature) => adapter.features.has(feature)),
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
