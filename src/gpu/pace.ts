import { lostError } from "./device";
import { submit } from "./kernel";

/** How long one submit should take: drivers reset a GPU that is busy for long, and the page shares it. */
const wantedMs = 50;

/** A laptop GPU takes a few milliseconds for this; a submit is never asked to hold less. */
const leastOperations = 5e8;

/** Sends work to the GPU in submits of about 50 ms, and learns what that is on this GPU. */
export type Pace = {
  /** How many floating-point operations the next submit should hold. */
  operations(): number;
  /**
   * Submits and waits until it is done.
   *
   * @param held the operations that the encoder holds, about
   * @throws DeviceLostError
   */
  submit(encoder: GPUCommandEncoder, held: number): Promise<void>;
};

export function createPace(device: GPUDevice): Pace {
  let operations = leastOperations;
  return {
    operations: () => operations,
    async submit(encoder, held) {
      const start = performance.now();
      submit(device, encoder);
      await device.queue.onSubmittedWorkDone().catch((error) => {
        throw lostError(error instanceof Error ? error.message : "");
      });
      operations = nextOperations(operations, held, performance.now() - start);
    },
  };
}

/**
 * At most four times more or less than before. A submit that held little and was quick says nothing:
 * its time is the way there and back.
 */
export function nextOperations(before: number, held: number, elapsedMs: number): number {
  if (held < before / 2 && elapsedMs <= wantedMs) return before;
  const fitting = (held * wantedMs) / Math.max(elapsedMs, 1);
  return Math.max(leastOperations, Math.min(Math.max(fitting, before / 4), 4 * before));
}
