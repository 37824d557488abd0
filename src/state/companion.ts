/** Work that begins by itself after a pause, or sooner where somebody waits for it; once. */
export function createCompanion() {
  let planned: {
    readonly start: () => Promise<void>;
    readonly timer: ReturnType<typeof setTimeout>;
  } | null = null;
  const drop = () => {
    clearTimeout(planned?.timer);
    planned = null;
  };
  return {
    /** Plans work in place of what was planned. */
    plan(work: () => Promise<void>, delayMs: number, onStart: (done: Promise<void>) => void): void {
      drop();
      let done: Promise<void> | null = null;
      const start = () => {
        done ??= work();
        return done;
      };
      planned = { start, timer: setTimeout(() => onStart(start()), delayMs) };
    },
    drop,
    /** Resolves when what is planned is done; begins it now. */
    now: async () => planned?.start(),
  };
}
