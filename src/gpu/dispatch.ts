import { DeviceLimitError } from "../errors";

/** Workgroup counts along x, y and z. */
export type Grid = readonly [x: number, y: number, z: number];

/**
 * Grid for a kernel that runs one workgroup per item.
 *
 * WebGPU caps each dimension at `maxComputeWorkgroupsPerDimension` (65535 by default), so past
 * that the items fold into y. The last row may overshoot: the kernel returns early when
 * `workgroup_id.x + workgroup_id.y * num_workgroups.x >= count`.
 *
 * @throws DeviceLimitError if `count` does not fit in two dimensions
 */
export function gridFor(
  count: number,
  limits: Pick<GPUSupportedLimits, "maxComputeWorkgroupsPerDimension">,
): Grid {
  const max = limits.maxComputeWorkgroupsPerDimension;
  if (count <= max) return [count, 1, 1];
  const y = Math.ceil(count / max);
  if (y > max) throw new DeviceLimitError("maxComputeWorkgroupsPerDimension", y, max);
  return [Math.ceil(count / y), y, 1];
}
