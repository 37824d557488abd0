import type { Pace } from "./pace";

/**
 * Floating-point operations of one piece of work that could be cut smaller or larger: a tenth of a second on
 * a slow GPU. Fixed, and no matter of pace: where a sum is cut decides how it rounds, and a training that is
 * resumed is to be the one that was not interrupted.
 */
export const pieceOperations = 5e9;

/** Work for the GPU that is recorded piece by piece, and sent off in submits of about 50 ms. */
export type Recording = {
  /**
   * The encoder for a piece of so many floating-point operations; what is held already is submitted
   * first, and waited for, where both together would be too much. To be used before the next call.
   *
   * @throws DeviceLostError
   */
  next(operations: number): Promise<GPUCommandEncoder>;
  /** Submits what is held and waits until it is done. @throws DeviceLostError */
  submit(): Promise<void>;
};

export function createRecording(device: GPUDevice, pace: Pace, label: string): Recording {
  const create = () => device.createCommandEncoder({ label });
  let encoder = create();
  let held = 0;
  async function submit() {
    const recorded = encoder;
    const operations = held;
    encoder = create();
    held = 0;
    await pace.submit(recorded, operations);
  }
  return {
    async next(operations) {
      if (held > 0 && held + operations > pace.operations()) await submit();
      held += operations;
      return encoder;
    },
    submit,
  };
}
