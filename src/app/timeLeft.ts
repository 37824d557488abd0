/** How far something was, and when. */
export type Mark = { readonly done: number; readonly atMs: number };

/** A pace of less time is a guess. */
const knownAfterMs = 3000;

/** Seconds until `all` is done at the pace from `first` to `now`; null where that is not known, or nothing is left. */
export function secondsLeft(first: Mark, now: Mark, all: number): number | null {
  const done = now.done - first.done;
  const ms = now.atMs - first.atMs;
  if (done <= 0 || ms < knownAfterMs || now.done >= all) return null;
  return ((all - now.done) * ms) / done / 1000;
}
