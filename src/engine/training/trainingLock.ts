const name = "midthought-training";

/** One training at a time in all tabs of the page. */
export type TrainingLock = {
  /** What lets go of it; null where another tab has it. */
  take(): Promise<(() => void) | null>;
  isTaken(): Promise<boolean>;
};

/** The browser's own lock; where it has none, nothing is locked. */
export const browserLock: TrainingLock = {
  take: () =>
    new Promise((resolve, reject) => {
      if (!navigator.locks) return resolve(() => {});
      navigator.locks
        .request(name, { ifAvailable: true }, (lock) => {
          if (!lock) return resolve(null);
          return new Promise<void>((letGo) => resolve(() => letGo()));
        })
        .catch(reject);
    }),
  async isTaken() {
    const { held } = (await navigator.locks?.query()) ?? {};
    return held?.some((lock) => lock.name === name) ?? false;
  },
};
