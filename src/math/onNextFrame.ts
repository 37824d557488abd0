/**
 * Runs the callback with the next frame, or after a quarter of a second where the tab is hidden and
 * draws none.
 *
 * @returns what takes it back
 */
export function onNextFrame(callback: () => void): () => void {
  const cancel = () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
  const run = () => {
    cancel();
    callback();
  };
  const frame = requestAnimationFrame(run);
  const timer = setTimeout(run, 250);
  return cancel;
}
