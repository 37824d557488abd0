import { openNpz } from "./npz";
import { openSafetensorsBlob } from "./safetensors";
import type { TensorSource } from "./tensorSource";
import { openTorch } from "./torch";

export type TensorFileKind = "safetensors" | "torch" | "npz";

/**
 * The tensors of a file of one of these kinds.
 *
 * @param maxBytes what of it may be unpacked
 * @throws FormatError if it is damaged, or holds what no tensor needs
 */
export function openTensors(
  blob: Blob,
  kind: TensorFileKind,
  maxBytes: number,
): Promise<TensorSource> {
  switch (kind) {
    case "safetensors":
      return openSafetensorsBlob(blob);
    case "torch":
      return openTorch(blob, maxBytes);
    case "npz":
      return openNpz(blob, maxBytes);
  }
}
