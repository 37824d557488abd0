import { TrainingError } from "../../errors";
import type { Driven } from "./drive";
import type { TrainingLock } from "./trainingLock";

/** A training from its call to its end. */
export type Training = {
  readonly done: Promise<unknown>;
  /** Resolves once it is driven; to null where it ends before. */
  readonly driven: Promise<Driven | null>;
};

/** The one training, in this tab and in all others. */
export function createAlone(lock: TrainingLock) {
  let training: Training | null = null;

  async function locked<T>(task: () => Promise<T>): Promise<T> {
    const letGo = await lock.take();
    if (!letGo) {
      throw new TrainingError(
        "Another tab of this page is training. Let it finish there, or cancel it, then train here.",
      );
    }
    try {
      return await task();
    } finally {
      letGo();
    }
  }

  return {
    training: () => training,
    driven: async () => training?.driven ?? null,
    isTaken: async () => training !== null || (await lock.isTaken()),
    /**
     * @param task says when it is driven
     * @throws TrainingError if a training is under way
     */
    async train<T>(task: (onDriven: (driven: Driven) => void) => Promise<T>): Promise<T> {
      if (training) {
        throw new TrainingError(
          "A training is under way. Cancel it, or let it finish, then train.",
        );
      }
      let tell = (_: Driven | null) => {};
      const driven = new Promise<Driven | null>((resolve) => {
        tell = resolve;
      });
      const done = locked(() => task(tell)).finally(() => {
        tell(null);
        training = null;
      });
      training = { done, driven };
      return done;
    },
  };
}
