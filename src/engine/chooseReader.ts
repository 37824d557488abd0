import { LensError } from "../errors";
import { openDevice } from "../gpu/device";
import type { Model } from "../model/model";
import { createGpuReader } from "./gpuReader";
import type { BackendChoice } from "./protocol";
import type { Reader } from "./reader";
import { createWasmReader } from "./wasmReader";

/** A reader, and why it is not the one that was hoped for: a sentence, or null where it is. */
export type Chosen = { readonly reader: Reader; readonly notice: string | null };

/**
 * WebGPU on a real adapter, wasm otherwise: software WebGPU is 30 times slower than wasm. `choice`
 * forces either, but where there is no WebGPU at all wasm is what can be had.
 *
 * @param onLost called when the GPU went away
 */
export async function chooseReader(
  model: Model,
  choice: BackendChoice,
  onLost: (error: LensError) => void,
  signal: AbortSignal,
): Promise<Chosen> {
  if (choice === "wasm") return { reader: await createWasmReader(model, signal), notice: null };
  try {
    const opened = await openDevice({ onLost });
    if (choice === "webgpu" || !opened.isFallback) {
      return { reader: await createGpuReader(model, opened, signal), notice: null };
    }
    opened.device.destroy();
    return { reader: await createWasmReader(model, signal), notice: null };
  } catch (error) {
    if (!(error instanceof LensError)) throw error;
    // A machine without WebGPU is common and reads well: that alone is no news unless it was asked for.
    const notice =
      choice === "webgpu" ? `${error.message} Reading on the processor instead.` : null;
    return { reader: await createWasmReader(model, signal), notice };
  }
}
