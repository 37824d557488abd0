/** Runs the callback soon, once. */
export type Schedule = (callback: () => void) => void;

/** A function that passes on the newest of its values, at most one each time `schedule` comes round. */
export function createLatest<T>(schedule: Schedule, deliver: (value: T) => void) {
  let waiting: { readonly value: T } | null = null;
  return (value: T) => {
    const isScheduled = waiting !== null;
    waiting = { value };
    if (isScheduled) return;
    schedule(() => {
      const last = waiting;
      waiting = null;
      if (last) deliver(last.value);
    });
  };
}
