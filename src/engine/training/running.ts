/** A task that can be told to end. */
export type Running<T> = { readonly controller: AbortController; readonly done: Promise<T> };

/** The tasks that are under way. */
export function createRunning() {
  const all = new Set<Running<unknown>>();

  return {
    size: () => all.size,
    start<T>(task: (signal: AbortSignal) => Promise<T>): Running<T> {
      const controller = new AbortController();
      const running = { controller, done: task(controller.signal) };
      all.add(running);
      const remove = () => all.delete(running);
      running.done.then(remove, remove);
      return running;
    },
    /** Resolves once those that are under way have ended, each in its own way. */
    async end(reason: DOMException): Promise<void> {
      for (const { controller } of all) controller.abort(reason);
      await Promise.allSettled([...all].map(({ done }) => done));
    },
  };
}
