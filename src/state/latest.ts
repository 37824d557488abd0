/** Runs the callback soon, once. */
export type Schedule = (callback: () => void) => void;

/** With the next frame, or after a quarter of a second where the tab is hidden and draws none. */
export const onNextFrame: Schedule = (callback) => {
  const run = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    callback();
  };
  const frame = requestAnimationFrame(run);
  const timer = setTimeout(run, 250);
};

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
